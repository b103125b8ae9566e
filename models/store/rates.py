"""Writing currency rates."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.records import FxRate
from models.store.bulk import add_missing
from models.tables import FxRate as FxRateRow

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
    rows = [
        {
            name: getattr(rate, name)
            for name in ("code", "observed_at", "source", "name", "kind", "units_per_btc")
        }
        for _, rate in sorted(unique.items(), key=lambda item: item[0])
        if newest.get((rate.source, rate.code)) != rate.units_per_btc
    ]
    return await add_missing(session, FxRateRow, rows, ("code", "observed_at", "source"))
