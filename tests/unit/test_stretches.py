"""Which hours and days are over: those of UTC, whatever the calendar does and wherever somebody asks from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.queries.candles import ORIGIN, Step, whole_steps
from models.queries.closes import past

MIDNIGHT = datetime(2024, 3, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)


def days(count: int, now: datetime, **bounds: datetime) -> tuple[str, str]:
    """Say from which midnight to which."""
    reach = past(Step.DAY, count, now, **bounds)
    return reach.start.isoformat()[:10], reach.end.isoformat()[:10]


@pytest.mark.parametrize(
    ("now", "count", "expected"),
    [
        (MIDNIGHT, 1, ("2024-02-29", "2024-03-01")),
        (MIDNIGHT - INSTANT, 1, ("2024-02-28", "2024-02-29")),
        (MIDNIGHT + INSTANT, 2, ("2024-02-28", "2024-03-01")),
        (datetime(2023, 3, 1, tzinfo=UTC), 1, ("2023-02-28", "2023-03-01")),
        (datetime(2025, 1, 1, 23, 59, tzinfo=UTC), 366, ("2024-01-01", "2025-01-01")),
        (datetime(2024, 3, 31, 3, tzinfo=ZoneInfo("Europe/Berlin")), 1, ("2024-03-30", "2024-03-31")),
        (datetime(2024, 10, 27, 0, 30, tzinfo=ZoneInfo("Europe/Berlin")), 1, ("2024-10-25", "2024-10-26")),
    ],
)
def test_a_day_is_over_at_midnight_in_utc(now: datetime, count: int, expected: tuple[str, str]) -> None:
    assert days(count, now) == expected


def test_before_the_first_day_of_all_there_is_none() -> None:
    reach = past(Step.DAY, 9, datetime(1, 1, 1, 12, tzinfo=UTC))
    assert reach.start > reach.end


def test_what_begins_before_or_ends_after_is_left_out() -> None:
    noon = MIDNIGHT + DAY / 2
    assert days(9, noon, end=noon - 3 * DAY) == ("2024-02-18", "2024-02-27")
    assert days(9, noon, end=noon + 3 * DAY) == ("2024-02-21", "2024-03-01")
    assert past(Step.DAY, 9, noon, start=noon - 3 * DAY).start == noon - 3 * DAY


@given(now=st.timedeltas(-8_000 * DAY, 30_000 * DAY).map(lambda since: ORIGIN + since))
def test_the_newest_hour_or_day_ended_less_than_one_ago(now: datetime) -> None:
    for step in Step:
        reach = past(step, 3, now)
        assert timedelta(0) <= now - reach.end < step.value
        assert reach.end - reach.start == 3 * step.value
        assert not (reach.start - ORIGIN) % step.value


@pytest.mark.parametrize(
    ("length", "step"),
    [
        (DAY / 24, Step.HOUR),
        (DAY / 8, Step.HOUR),
        (DAY, Step.DAY),
        (30 * DAY, Step.DAY),
        (DAY * 1.25, Step.HOUR),
        (DAY / 48, None),
        (DAY / 16, None),
        (DAY / 7, None),
    ],
)
def test_stretches_of_whole_hours_or_days_are_drawn_from_kept_candles(
    length: timedelta, step: Step | None
) -> None:
    assert whole_steps(length) is step
