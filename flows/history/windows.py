"""Which days of a listing's history are still to be asked for: pure.

What was asked is kept by calendar year, each year's days from a first to a last without a hole. So what is missing does
not depend on when earlier backfills ran, and a second one asks only what is new: the days since, and what a larger plan
or an earlier `since` opens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime

from flows.days import ONE_DAY, Days
from models.records import HistoryWindow

Windows = Mapping[int, HistoryWindow]
"""What was asked of a listing, by year."""

EMPTY_YEARS = 2
"""A listing of which so many whole years brought nothing begins after them: nobody asks further back."""


def next_stretch(asked: Windows, wanted: Days, longest: int) -> Days | None:
    """Return the newest missing days, as many as one request may ask for; None where nothing is missing.

    `longest` is a year at least.
    """
    missing = _missing(asked, wanted) if wanted.count > 0 else []
    if not missing:
        return None
    stretch, *older = missing
    for days in older:
        joined = Days(days.first, stretch.last)
        if days.last + ONE_DAY != stretch.first or joined.count > longest:
            break
        stretch = joined
    return stretch


def widened(stretch: Days, shortest: int, last: date) -> Days:
    """Ask for `shortest` days at least: to the later side up to `last`, what then lacks to the earlier one."""
    days = (shortest - 1) * ONE_DAY
    end = max(stretch.last, min(stretch.first + days, last))
    return Days(min(stretch.first, end - days), end)


def after_answer(
    asked: Windows,
    listing_id: int,
    stretch: Days,
    moments: Iterable[datetime],
    at: datetime,
    reason: str | None = None,
) -> dict[int, HistoryWindow]:
    """Return the windows that an answer changes: what was asked before and what it adds.

    `moments` are its points', UTC and all within the stretch; `reason` says why there can be none.
    """
    changed = {}
    points = Counter(moment.year for moment in moments)
    for days in stretch.by_year():
        year = days.first.year
        window = HistoryWindow(listing_id, days.first, days.last, points[year], at, reason)
        known = asked.get(year)
        changed[year] = window if known is None else _joined(known, window)
    return changed


def _joined(known: HistoryWindow, new: HistoryWindow) -> HistoryWindow:
    first, last = min(known.first_on, new.first_on), max(known.last_on, new.last_on)
    return replace(new, first_on=first, last_on=last, points=known.points + new.points)


def _missing(asked: Windows, wanted: Days) -> list[Days]:
    """List the days that were never asked for, newest first."""
    missing: list[Days] = []
    for days in wanted.by_year():
        if _begins_after(asked, days.first.year):
            break
        missing += _missing_in(days, asked.get(days.first.year))
    return missing


def _missing_in(days: Days, known: HistoryWindow | None) -> list[Days]:
    if known is None:
        return [days]
    newer, older = Days(known.last_on + ONE_DAY, days.last), Days(days.first, known.first_on - ONE_DAY)
    return [part for part in (newer, older) if part.count > 0]


def _begins_after(asked: Windows, year: int) -> bool:
    later = [asked.get(year + count) for count in range(1, EMPTY_YEARS + 1)]
    return all(known is not None and known.is_whole and not known.points for known in later)
