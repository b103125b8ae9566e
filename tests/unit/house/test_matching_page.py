"""docs/matching.md tells the points that the matcher really gives."""

from __future__ import annotations

import re

import pytest

from flows.matching import weights
from tests.unit.house.tree import pages

PAGE = pages()["docs/matching.md"]
ROWS = re.findall(r"^\| .+ \| (?P<points>[^|]+) \| `(?P<name>[A-Z_]+)` \|$", PAGE, re.MULTILINE)
NAMED_IN_TEXT = ("ACCEPT", "REVIEW", "MARGIN")


def _told(value: object) -> str:
    """Write points as the page does: a number, or a table of them."""
    if isinstance(value, tuple):
        return ", ".join(f"{_told(limit)}: {_told(points)}" for limit, points in value)
    assert isinstance(value, int | float)
    return f"{value:g}"


@pytest.mark.parametrize(("points", "name"), ROWS, ids=[name for _, name in ROWS])
def test_the_points_of_a_row(points: str, name: str) -> None:
    assert points == _told(getattr(weights, name))


def test_there_are_rows() -> None:
    assert len(ROWS) >= 15


@pytest.mark.parametrize("name", NAMED_IN_TEXT)
def test_the_limits_of_verdicts(name: str) -> None:
    assert re.search(rf"{_told(getattr(weights, name))}(?: points)? \(`{name}`\)", PAGE)


def test_the_formula_of_the_score() -> None:
    assert f"e^(({_told(weights.ACCEPT)} − points) / {_told(weights.SCALE)})" in PAGE  # noqa: RUF001 - a minus


def test_what_is_said_of_prices() -> None:
    trusted = weights.PRICE_TRUST
    said = f"CoinGecko and CoinPaprika {trusted['coingecko']}, CoinCap {trusted['coincap']}, others {weights.PRICE_TRUST_OTHERS}"
    assert trusted["coingecko"] == trusted["coinpaprika"]
    assert said in PAGE
    assert f"one that is {weights.OUTLIER_GAP:.0%} off (`OUTLIER_GAP`)".replace("%", " %") in PAGE
    assert (weights.OUTLIER_QUORUM, weights.PRICE_VETO, weights.CROWD) == (3, 0.5, 24)
    assert "more than 24" in PAGE
