"""Writing currency rates."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.records import FxRate
from models.store.bulk import add_missing
from models.tables import FxRate as FxRateRow

_COLUMNS = ("code", "observed_at", "source", "name", "kind", "units_per_btc")
_NEWEST = text(
    "SELECT DISTINCT ON (source, code) source, code, units_per_btc FROM fx_rates"
    " ORDER BY source, code, observed_at DESC"
)


async def land_rates(session: AsyncSession, rates: Iterable[FxRate]) -> int:
    """Keep the rates that moved in their history; returns how many did.

    A rate has no time of its own but that of the answer: one that stands still makes no new row.
    """
    unique = {(rate.code, rate.observed_at, rate.source): rate for rate in rates}
    if not unique:
        return 0
    newest: dict[tuple[str, str], Decimal] = {
        (source, code): units for source, code, units in await session.execute(_NEWEST)
    }
    moved = [rate for rate in unique.values() if newest.get((rate.source, rate.code)) != rate.units_per_btc]
    return await add_past_rates(session, moved)


async def add_past_rates(session: AsyncSession, rates: Iterable[FxRate]) -> int:
    """Keep rates of any time, those that are there already as they are; returns how many were new."""
    unique = {(rate.code, rate.observed_at, rate.source): rate for rate in rates}
    rows = [{name: getattr(rate, name) for name in _COLUMNS} for _, rate in sorted(unique.items())]
    return await add_missing(session, FxRateRow, rows, _COLUMNS[:3])
