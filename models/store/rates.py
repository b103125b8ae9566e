"""Writing currency rates."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from models.records import FxRate
from models.store.bulk import add_missing
from models.tables import FxRate as FxRateRow


async def land_rates(session: AsyncSession, rates: Iterable[FxRate]) -> int:
    """Keep rates in their history, one a currency, source and moment; returns how many were new."""
    unique = {(rate.code, rate.observed_at, rate.source): rate for rate in rates}
    rows = [
        {
            name: getattr(rate, name)
            for name in ("code", "observed_at", "source", "name", "kind", "units_per_btc")
        }
        for _, rate in sorted(unique.items(), key=lambda item: item[0])
    ]
    return await add_missing(session, FxRateRow, rows, ("code", "observed_at", "source"))
