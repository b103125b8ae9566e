"""Kasparro as the benchmarks know it: everything of the product that they touch is named here.

Only the plain builds in `contenders/` read its tables beside this; the rest goes through its doors and HTTP.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from models.db import Sessions, database
from models.queries.assets import AssetFilter, AssetOrder, asset_by_uid, assets
from models.queries.paging import Place, Window, page
from models.queries.prices import history_of
from models.records import Quote
from models.store.history import Point, load_points
from models.store.months import make_room
from models.store.quotes import NUMBERS, land_quotes

API = (sys.executable, "-m", "graphql_api")
SANDBOX = (sys.executable, "-m", "flows", "sandbox")
REFRESH_CSV = (sys.executable, "-m", "flows", "run", "refresh-csv")
ETL = (sys.executable, "-m", "flows", "run", "etl")
LISTINGS_ASKED_FOR = {"COINGECKO_TOP_N": "250", "COINPAPRIKA_TOP_N": "2000", "COINCAP_TOP_N": "500"}
SOURCE = "coingecko"
QUOTE_COLUMNS = ("listing_id", *NUMBERS)
Found = TypeVar("Found")
Job = Callable[[AsyncSession], Awaitable[object]]


def with_sessions(url: str, work: Callable[[Sessions], Awaitable[Found]]) -> Found:
    """Do some work on a database, in a loop of its own."""

    async def job() -> Found:
        async with database(url, statement_timeout_seconds=600) as sessions:
            return await work(sessions)

    return asyncio.run(job())


def make_room_for_points(url: str, moments: Iterable[datetime]) -> None:
    """Create the partitions that points at these moments need."""
    with_sessions(url, lambda sessions: make_room(sessions, moments))


def quote(row: Mapping[str, Any]) -> Quote:
    """Make a quote of what a row of `landed_quotes` would hold."""
    numbers = {name: row[name] for name in NUMBERS}
    return Quote(source=SOURCE, source_id=str(row["listing_id"]), **numbers)


def land(url: str, quotes: Sequence[Quote], ids: Mapping[str, int]) -> float:
    """Land quotes as ingest does, in one transaction; returns the seconds it took."""
    return _timed(url, lambda session: land_quotes(session, quotes, ids))


def load(url: str, points: Sequence[Point]) -> float:
    """Put points into history with the candles that they make, in one transaction; returns the seconds it took."""
    return _timed(url, lambda session: load_points(session, points))


def _timed(url: str, job: Job) -> float:
    async def work(sessions: Sessions) -> float:
        async with sessions() as session:
            await session.connection()  # connecting is no part of it
            began = time.perf_counter()
            await job(session)
            await session.commit()
            return time.perf_counter() - began

    return with_sessions(url, work)


def statements(uid: str, cap: Decimal, after: str, key: int) -> dict[str, str]:
    """Spell the statements that choose the rows of Q3, Q4 and Q5, for EXPLAIN."""
    now = datetime.now(UTC)
    order = AssetOrder.MARKET_CAP_DESC.value
    rows = {
        "Q3": asset_by_uid(uid, now),
        "Q4": history_of([key], first=250),
        "Q5": page(assets(AssetFilter(), now), order, Window(50, Place(cap, after))),
    }
    return {name: _spelled(statement) for name, statement in rows.items()}


def _spelled(statement: Any) -> str:  # noqa: ANN401 - a Select
    compiled = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return str(compiled)
