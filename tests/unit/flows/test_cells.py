"""Cells of files that people and spreadsheets wrote: read exactly, or rejected where two readings are possible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.cells import moment_of, number_of, words_of
from flows.errors import RecordRejected

NOW = datetime(2026, 6, 26, tzinfo=UTC)
EITHER = "ambiguous_number"


def _number(cell: str, separator: str = ",", point: str | None = None) -> Decimal | None:
    return number_of(cell, "price", separator=separator, point=point)


def _moment(cell: str, form: str | None = None) -> datetime | None:
    return moment_of(cell, "day", now=NOW, form=form)


@pytest.mark.parametrize(
    ("cell", "separator", "point", "number"),
    [
        ("135.3", ",", None, "135.3"),
        (" 1e-9 ", ",", None, "1e-9"),
        ("-0.5", ";", None, "-0.5"),
        ("1.234", ",", None, "1.234"),
        ("1.234", ";", ".", "1.234"),
        ("1.234", ";", ",", "1234"),
        ("0.123", ";", None, "0.123"),
        ("1.2345", ";", None, "1.2345"),
        ("1,234.56", ",", None, "1234.56"),
        ("1,234,567", ",", None, "1234567"),
        ("1.234,56", ";", None, "1234.56"),
        ("1.234.567", ";", None, "1234567"),
        ("1,5", ";", None, "1.5"),
        ("0,123", ";", None, "0.123"),
        ("1 234.56", ",", None, "1234.56"),
        ("1\u202f234\u00a0567,8", ";", None, "1234567.8"),
        ("1'234'567.89", ";", None, "1234567.89"),
        ("1 234", ";", None, "1234"),
        ("1,234", ",", ".", "1234"),
        ("1,234", ";", ",", "1.234"),
        ("12345678901234567890.123456789", ",", None, "12345678901234567890.123456789"),
    ],
)
def test_a_number_is_read_with_its_separators(
    cell: str, separator: str, point: str | None, number: str
) -> None:
    assert _number(cell, separator, point) == Decimal(number)


@pytest.mark.parametrize(
    ("cell", "separator", "point", "reason"),
    [
        ("1,234", ",", None, EITHER),
        ("1,234", ";", None, EITHER),
        ("1.234", ";", None, EITHER),
        ("1.234", "\t", None, EITHER),
        ("-1.234", ";", None, EITHER),
        ("1234.5", ";", ",", "not_a_number"),
        ("1,23,456", ",", None, "not_a_number"),
        ("1,234 567", ",", None, "not_a_number"),
        ("12 34", ",", None, "not_a_number"),
        ("$5", ",", None, "not_a_number"),
        ("NaN", ",", None, "not_a_number"),
        ("1_000", ",", None, "not_a_number"),
        ("٣", ",", None, "not_a_number"),
        ("-", ",", None, "not_a_number"),
        ("1e999999", ",", None, "not_a_number"),
        ("=1+1", ",", None, "formula"),
        ("+A1", ",", None, "formula"),
        ("@SUM(A1)", ",", None, "formula"),
    ],
)  # fmt: skip
def test_a_number_that_could_be_two_or_is_none_says_so(
    cell: str, separator: str, point: str | None, reason: str
) -> None:
    with pytest.raises(RecordRejected) as caught:
        _number(cell, separator, point)
    assert caught.value.reason == reason


@pytest.mark.parametrize("point", [".", ","])
@given(
    number=st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12)
)
def test_what_was_written_with_separators_reads_back(number: Decimal, point: str) -> None:
    english = f"{number:,}"
    cell = english if point == "." else english.translate(str.maketrans(",.", ".,"))
    assert _number(cell, ";", point) == number
    assert _number(cell, ";") == number, "four decimals leave no doubt"


def test_an_empty_number_is_none() -> None:
    assert _number("") is None
    assert _number("  ") is None


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2013-04-28 00:00:00 UTC", datetime(2013, 4, 28, tzinfo=UTC)),
        ("2013-04-28", datetime(2013, 4, 28, tzinfo=UTC)),
        ("2013-04-28T12:30:05Z", datetime(2013, 4, 28, 12, 30, 5, tzinfo=UTC)),
        ("2013-04-28T00:00:00+02:00", datetime(2013, 4, 27, 22, tzinfo=UTC)),
        ("2016-02-29", datetime(2016, 2, 29, tzinfo=UTC)),
        ("2015-12-31T23:59:59.999999Z", datetime(2015, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2021-03-28 02:30:00", datetime(2021, 3, 28, 2, 30, tzinfo=UTC)),
        ("1367107200", datetime(2013, 4, 28, tzinfo=UTC)),
        ("1367107200000", datetime(2013, 4, 28, tzinfo=UTC)),
        ("28 Apr 2013", datetime(2013, 4, 28, tzinfo=UTC)),
        ("28-Apr-2013 13:05", datetime(2013, 4, 28, 13, 5, tzinfo=UTC)),
        ("Sun, 28 Apr 2013 13:05:09 GMT", datetime(2013, 4, 28, 13, 5, 9, tzinfo=UTC)),
        ("April 28, 2013", datetime(2013, 4, 28, tzinfo=UTC)),
        ("Feb 29 2016", datetime(2016, 2, 29, tzinfo=UTC)),
        ("2013/4/8", datetime(2013, 4, 8, tzinfo=UTC)),
        ("28/04/2013", datetime(2013, 4, 28, tzinfo=UTC)),
        ("04/28/2013 06:07:08", datetime(2013, 4, 28, 6, 7, 8, tzinfo=UTC)),
        ("28.04.2013", datetime(2013, 4, 28, tzinfo=UTC)),
        ("05/05/2013", datetime(2013, 5, 5, tzinfo=UTC)),
    ],
)
def test_a_time_is_read_in_every_form_that_can_be_one_moment_only(cell: str, at: datetime) -> None:
    assert _moment(cell) == at
    assert _moment(f" {cell} ") == at


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("03/04/2024", "ambiguous_date"),
        ("3.4.2024", "ambiguous_date"),
        ("28/04/13", "ambiguous_date"),
        ("2015-02-29", "not_a_time"),
        ("29 Feb 2015", "not_a_time"),
        ("31/04/2015", "not_a_time"),
        ("13/13/2015", "not_a_time"),
        ("28 Foo 2013", "not_a_time"),
        ("yesterday", "not_a_time"),
        ("2013-04-28 25:00", "not_a_time"),
        ("28/04/2005", "not_a_time"),
        ("2099-01-01", "future_time"),
        ("Jan 1, 2099", "future_time"),
    ],
)
def test_a_time_that_could_be_two_or_is_none_says_so(cell: str, reason: str) -> None:
    with pytest.raises(RecordRejected) as caught:
        _moment(cell)
    assert caught.value.reason == reason


def test_a_form_that_was_stated_decides_and_leaves_the_others_readable() -> None:
    assert _moment("03/04/2024", "%d/%m/%Y") == datetime(2024, 4, 3, tzinfo=UTC)
    assert _moment("03/04/2024", "%m/%d/%Y") == datetime(2024, 3, 4, tzinfo=UTC)
    assert _moment("2024-04-03", "%d/%m/%Y") == datetime(2024, 4, 3, tzinfo=UTC)
    assert _moment("03.04.2024 01:00 +0200", "%d.%m.%Y %H:%M %z") == datetime(2024, 4, 2, 23, tzinfo=UTC)
    assert _moment("", "%d/%m/%Y") is None


@given(
    st.datetimes(datetime(2009, 1, 4), datetime(2026, 6, 25)),  # noqa: DTZ001 - a zone is added
    st.integers(-23, 23),
)
def test_a_moment_is_the_same_in_every_zone_and_as_epoch(naive: datetime, hours: int) -> None:
    at = naive.replace(microsecond=0, tzinfo=UTC)
    there = at.astimezone(timezone(timedelta(hours=hours)))
    spelt = (
        there.isoformat(),
        f"{at:%Y-%m-%d %H:%M:%S} UTC",
        f"{at:%d %b %Y %H:%M:%S}",
        f"{at:%Y/%m/%d %H:%M:%S}",
    )
    assert {_moment(cell) for cell in (*spelt, f"{at.timestamp():.0f}", f"{at.timestamp():.0f}000")} == {at}


def test_a_formula_is_no_text() -> None:
    assert words_of(" Bitcoin ", "name") == "Bitcoin"
    assert words_of("", "name") is None
    for cell in ('=HYPERLINK("http://x")', "+1", "@SUM(A1)", "-2+3"):
        with pytest.raises(RecordRejected, match="formula"):
            words_of(cell, "name")
