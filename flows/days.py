"""Days, in UTC: stretches of them, and when one is over. Zones with summer time have no say here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

ONE_DAY = timedelta(days=1)

SETTLED_AFTER = timedelta(hours=1)
"""How long after midnight providers still work on the day that ended; CoinGecko says 35 minutes."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first` to `last`, both of them included."""

    first: date
    last: date

    @property
    def count(self) -> int:
        """Count them."""
        return (self.last - self.first).days + 1

    @property
    def starts_at(self) -> datetime:
        """The first moment."""
        return midnight(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first moment after them."""
        return midnight(self.last + ONE_DAY)

    def by_year(self) -> list[Days]:
        """Cut them at the turns of years, newest first."""
        years = range(self.last.year, self.first.year - 1, -1)
        return [Days(max(self.first, date(y, 1, 1)), min(self.last, date(y, 12, 31))) for y in years]

    def __str__(self) -> str:
        """Write them as `2026-01-01..2026-01-31`."""
        return f"{self.first}..{self.last}"


def midnight(day: date) -> datetime:
    """Return a day's first moment, UTC."""
    return datetime.combine(day, time(), UTC)


def last_whole_day(now: datetime) -> date:
    """Return the newest day that is over, and that providers are done with."""
    return (now.astimezone(UTC) - SETTLED_AFTER).date() - ONE_DAY
