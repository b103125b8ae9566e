"""What an answer says of its source's budget."""

from __future__ import annotations

import pytest

from flows.client import BECAUSE_KEPT, Answer, heard_of
from flows.errors import BudgetExhausted, Fatal, RetryLater, RetryNow, SourceError
from flows.sources import coincap, coingecko
from models.budgets import Heard

GECKO = coingecko.SOURCE


@pytest.mark.parametrize(
    ("headers", "error", "heard"),
    [
        ({}, None, Heard(1)),
        ({}, RetryNow("HTTP 500"), Heard(1)),
        ({}, Fatal("HTTP 401"), Heard(1)),
        ({"x-ratelimit-remaining": "7"}, None, Heard(1, remaining=7)),
        (
            {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"},
            None,
            Heard(1, 30, "it said that no requests remain", remaining=0),
        ),
        (
            {"x-ratelimit-remaining": "0"},
            None,
            Heard(1, None, "it said that no requests remain", remaining=0),
        ),
        (
            {"x-ratelimit-limit": "30", "x-ratelimit-remaining": "0"},
            RetryLater("HTTP 429: slow down", seconds=119),
            Heard(1, 119, "HTTP 429: slow down", is_refusal=True, limit=30),
        ),
        ({}, BudgetExhausted("HTTP 402: no more"), Heard(1, because="HTTP 402: no more", is_exhausted=True)),
    ],
)
def test_what_is_heard(headers: dict[str, str], error: SourceError | None, heard: Heard) -> None:
    assert heard_of(GECKO, Answer(200, headers, b"[]"), error) == heard


@pytest.mark.parametrize("number", ["", "many", "-1", "1.5", "٣", "9" * 30])
def test_a_number_that_is_none_says_nothing(number: str) -> None:
    assert heard_of(GECKO, Answer(200, {"x-ratelimit-remaining": number}, b"[]"), None) == Heard(1)


@pytest.mark.parametrize(("size", "credits_"), [(0, 1), (1, 2), (2_500, 2), (2_501, 3), (125_000, 51)])
def test_coincap_prices_a_call_by_its_bytes(size: int, credits_: int) -> None:
    assert heard_of(coincap.API, Answer(200, {}, b"x" * size), None) == Heard(credits_)


def test_what_a_provider_said_can_be_kept() -> None:
    heard = heard_of(GECKO, Answer(429, {}, b""), RetryLater("a\x00b" + "x" * 1_000, seconds=1))
    assert heard.because.startswith("a\\u0000b")
    assert len(heard.because) == BECAUSE_KEPT
