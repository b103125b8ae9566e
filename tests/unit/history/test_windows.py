"""What is missing of history: laws of the calendar, and of what was asked before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.days import ONE_DAY, Days, last_whole_day, midnight
from flows.history.windows import Windows, after_answer, next_stretch, widened
from models.records import HistoryWindow

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
days_of = st.dates(date(2009, 1, 3), date(2032, 12, 31))
lengths = st.integers(366, 5_000)
laws = settings(deadline=None)


@st.composite
def stretches(draw: st.DrawFn) -> Days:
    """Draw some days, often ones that end a month or a year."""
    first = draw(days_of | st.sampled_from([date(2024, 2, 29), date(2023, 12, 31), date(2025, 1, 1)]))
    return Days(first, first + draw(st.integers(0, 4_000)) * ONE_DAY)


def each_day(days: Days) -> list[date]:
    """List the days one by one."""
    return [days.first + count * ONE_DAY for count in range(days.count)]


def asked_in_turn(asked: Windows, wanted: Days, longest: int, *, points: bool = True) -> Iterator[Days]:
    """Ask until nothing is missing; yields each stretch. `points`: every day has one."""
    known = dict(asked)
    while stretch := next_stretch(known, wanted, longest):
        moments = [midnight(day) for day in each_day(stretch)] if points else []
        known |= after_answer(known, 1, stretch, moments, AT)
        yield stretch


@laws
@given(stretches(), lengths)
def test_all_days_are_asked_for_once_newest_first(wanted: Days, longest: int) -> None:
    asked = list(asked_in_turn({}, wanted, longest))
    assert [day for stretch in reversed(asked) for day in each_day(stretch)] == each_day(wanted)
    assert all(0 < stretch.count <= longest for stretch in asked)


@laws
@given(stretches(), stretches(), lengths)
def test_a_later_backfill_asks_only_for_what_was_not_asked(before: Days, wanted: Days, longest: int) -> None:
    known: dict[int, HistoryWindow] = {}
    for stretch in asked_in_turn({}, before, longest):
        known |= after_answer(known, 1, stretch, [midnight(day) for day in each_day(stretch)], AT)
    asked = [day for stretch in asked_in_turn(known, wanted, longest) for day in each_day(stretch)]
    assert len(asked) == len(set(asked))
    assert not set(asked) & set(each_day(before))
    assert set(asked) >= set(each_day(wanted)) - set(each_day(before))


@laws
@given(stretches(), lengths)
def test_what_was_asked_counts_every_point_once(wanted: Days, longest: int) -> None:
    known: dict[int, HistoryWindow] = {}
    for stretch in asked_in_turn({}, wanted, longest):
        known |= after_answer(known, 1, stretch, [midnight(day) for day in each_day(stretch)], AT)
    assert sum(window.points for window in known.values()) == wanted.count
    assert (min(known), max(known)) == (wanted.first.year, wanted.last.year)


def test_two_whole_years_without_a_point_are_the_beginning() -> None:
    wanted = Days(date(2010, 5, 1), date(2026, 11, 24))
    asked = list(asked_in_turn({}, wanted, 366, points=False))
    assert asked == [
        Days(date(2026, 1, 1), date(2026, 11, 24)),
        Days(date(2025, 1, 1), date(2025, 12, 31)),
        Days(date(2024, 1, 1), date(2024, 12, 31)),
    ]


def test_days_since_the_last_backfill_are_joined_over_the_turn_of_the_year() -> None:
    known = after_answer({}, 1, Days(date(2025, 6, 1), date(2025, 12, 30)), (), AT)
    wanted = Days(date(2025, 6, 1), date(2026, 1, 3))
    assert next_stretch(known, wanted, 366) == Days(date(2025, 12, 31), date(2026, 1, 3))


def test_nothing_is_missing_of_no_days() -> None:
    assert next_stretch({}, Days(date(2026, 1, 2), date(2026, 1, 1)), 366) is None


@laws
@given(stretches(), st.integers(1, 120), st.integers(0, 200))
def test_a_widened_stretch_holds_it_and_stays_before_the_end(
    stretch: Days, shortest: int, after: int
) -> None:
    last = stretch.last + after * ONE_DAY
    wide = widened(stretch, shortest, last)
    assert wide.count == max(shortest, stretch.count)
    assert wide.first <= stretch.first
    assert stretch.last <= wide.last <= last


@laws
@given(stretches())
def test_years_cut_days_without_a_hole_or_an_overlap(days: Days) -> None:
    years = days.by_year()
    assert [day for year in reversed(years) for day in each_day(year)] == each_day(days)
    assert all(year.first.year == year.last.year for year in years)


def test_a_leap_year_has_its_day_and_a_day_24_hours_whatever_summer_time_does() -> None:
    assert Days(date(2024, 1, 1), date(2024, 12, 31)).count == 366
    for day in (date(2024, 2, 29), date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31)):
        days = Days(day, day)
        assert days.ends_at - days.starts_at == timedelta(hours=24)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-11-26T12:00:00+00:00", "2026-11-25"),
        ("2026-11-26T00:59:59+00:00", "2026-11-24"),
        ("2026-11-26T01:00:00+00:00", "2026-11-25"),
        ("2026-11-26T02:30:00+05:00", "2026-11-24"),
        ("2024-03-01T09:00:00+00:00", "2024-02-29"),
        ("2026-01-01T09:00:00+00:00", "2025-12-31"),
    ],
)
def test_a_day_is_over_when_providers_are_done_with_it(now: str, last: str) -> None:
    assert last_whole_day(datetime.fromisoformat(now)) == date.fromisoformat(last)
