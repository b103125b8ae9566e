"""Numbers and times as each provider writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.sandbox.answers import iso_milliseconds, iso_seconds, json_text, parse_time, whole_number
from flows.sandbox.coincap.api import long_number
from flows.sandbox.coingecko.charts import granularity
from flows.sandbox.coingecko.rows import display_price, display_sum


@pytest.mark.parametrize(
    ("price", "shown"),
    [
        (59991.70238163765, 59992),
        (2411.07123, 2411.07),
        (1.00123, 1.001),
        (0.998971234, 0.998971),
        (0.02083456789, 0.02083457),
        (6.360812345e-7, 6.36081e-7),
        (1.2345678e-11, 1.23457e-11),
    ],
)
def test_coingecko_rounds_prices_for_display(price: float, shown: float) -> None:
    assert display_price(price, None) == shown


def test_coingecko_shows_large_prices_as_whole_numbers() -> None:
    assert isinstance(display_price(59991.7, None), int)
    assert isinstance(display_sum(1363301123456.4), int)


@given(st.floats(1e-12, 1e6))
def test_full_precision_is_the_price_itself(price: float) -> None:
    assert display_price(price, "full") == price


def test_a_number_of_decimals_can_be_asked_for() -> None:
    assert display_price(59991.70238, "2") == 59991.70


def test_tiny_prices_are_written_with_an_exponent() -> None:
    assert json_text({"price": 1.2e-11}) == b'{"price":1.2e-11}'


@given(st.floats(1, 1e15))
def test_coincap_strings_are_a_float_with_18_decimals(value: float) -> None:
    text = long_number(value)
    assert text is not None
    assert len(text.split(".")[1]) == 18
    assert float(text) == value


def test_coincap_strings_carry_the_noise_of_the_float() -> None:
    text = long_number(0.9997)
    assert text == "0.999700000000000033"
    assert Decimal(text) != Decimal("0.9997")


def test_what_is_unknown_stays_null() -> None:
    assert long_number(None) is None


def test_times_are_written_as_each_provider_does() -> None:
    assert iso_milliseconds(1_767_225_600.123) == "2026-01-01T00:00:00.123Z"
    assert iso_seconds(1_767_225_600.9) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "text", ["1767225600", "2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"]
)
def test_times_are_read_in_every_form(text: str) -> None:
    assert parse_time(text) == 1_767_225_600


def test_what_is_no_time_or_number_counts_as_not_given() -> None:
    assert parse_time("yesterday") is None
    assert whole_number("many", 100) == 100
    assert whole_number("-3", 100) == -3


@pytest.mark.parametrize(
    ("days", "ends_now", "step"), [(1, True, 300), (1, False, 3600), (90, True, 3600), (91, True, 86400)]
)
def test_charts_are_as_fine_as_their_length_allows(days: float, ends_now: bool, step: float) -> None:  # noqa: FBT001 - pytest passes it by name
    assert granularity(days, None, ends_now=ends_now) == step
