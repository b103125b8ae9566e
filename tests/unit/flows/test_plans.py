"""Which plan holds, and what the settings say instead of it."""

from __future__ import annotations

import pytest

from flows.settings import SourceSettings, source_settings
from flows.shared_budgets import allowance
from flows.sources import coincap, coingecko, coinpaprika
from flows.sources.contract import SANDBOX, Source
from models.budgets import Allowance


@pytest.mark.parametrize(
    ("source", "said", "allowed"),
    [
        (coingecko.SOURCE, {}, Allowance(10, None, 60)),
        (coingecko.SOURCE, {"api_key": "k"}, Allowance(100, 10_000, 60)),
        (coingecko.SOURCE, {"api_key": "k", "plan": "Analyst"}, Allowance(500, 500_000, 60)),
        (coinpaprika.SOURCE, {}, Allowance(600, 20_000, 1)),
        (coincap.API, {"api_key": "k"}, Allowance(600, 4_000, 60)),
        (coincap.API, {"plan": SANDBOX}, Allowance(600, None, 60)),
        (coincap.API, {"plan": SANDBOX, "monthly_budget": 9}, Allowance(600, 9, 60)),
        (coincap.API, {"monthly_budget": 0}, Allowance(600, None, 60)),
        (coincap.API, {"requests_per_minute": 5}, Allowance(5, 4_000, 60)),
    ],
)
def test_the_settings_go_before_the_plan(source: Source, said: dict[str, object], allowed: Allowance) -> None:
    assert allowance(source, SourceSettings(source.name, **said)) == allowed  # type: ignore[arg-type]


def test_numbers_are_read_from_the_environment() -> None:
    env = {"COINCAP_REQUESTS_PER_MINUTE": "30", "COINCAP_MONTHLY_BUDGET": "0", "COINCAP_TOP_N": ""}
    said = source_settings("coincap", env)
    assert (said.requests_per_minute, said.monthly_budget, said.top_n) == (30, 0, 250)


@pytest.mark.parametrize("part", ["REQUESTS_PER_MINUTE", "MONTHLY_BUDGET", "TOP_N"])
@pytest.mark.parametrize("value", ["-1", "many", "1.5", "1_000", "9999999999"])
def test_a_number_that_cannot_be_is_refused_by_name(part: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"MY_COINS_{part} must be a whole number from"):
        source_settings("my-coins", {f"MY_COINS_{part}": value})
