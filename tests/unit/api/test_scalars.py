"""The scalars: exact both ways."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.errors import BadUserInput
from graphql_api.scalars import encode_exactly, parse_datetime, parse_decimal, print_datetime, print_decimal

finite = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40)


@given(finite)
def test_a_decimal_keeps_every_digit(number: Decimal) -> None:
    printed = print_decimal(number)
    assert "E" not in printed
    assert parse_decimal(printed) == number


@given(finite)
def test_json_prints_a_decimal_as_a_number_with_every_digit(number: Decimal) -> None:
    text = encode_exactly({"n": [number]}).decode()
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal) == {"n": [number]}


def test_json_has_no_place_for_what_it_cannot_say() -> None:
    with pytest.raises(orjson.JSONEncodeError):
        encode_exactly({"n": object()})


@pytest.mark.parametrize("value", ["", "NaN", "-Infinity", "1e300", "1e-300", "a", None, True, [1], "1,5"])
def test_what_is_no_decimal(value: object) -> None:
    with pytest.raises(BadUserInput, match="is not a decimal number"):
        parse_decimal(value)


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.timezones()))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_time_comes_back_as_the_same_moment(moment: datetime) -> None:
    printed = print_datetime(moment)
    assert printed.endswith("Z")
    assert parse_datetime(printed) == moment.astimezone(UTC)


def test_a_time_without_an_offset_is_utc() -> None:
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert parse_datetime("2026-01-31T12:00:00") == noon
    assert parse_datetime("2026-01-31T13:00:00+01:00") == noon
    assert print_datetime(noon.astimezone(timezone(timedelta(hours=5)))) == "2026-01-31T12:00:00Z"


@pytest.mark.parametrize("value", ["2023-02-30", "now", "", None, 5, "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time(value: object) -> None:
    with pytest.raises(BadUserInput, match="is not a time"):
        parse_datetime(value)
