"""Writing history: price points, with the candles that they make.

Points come by COPY. A long stretch of which nothing can be there yet (no point of its listings within its time) goes
straight into the partitions, as fast as their indexes let it; any other is copied beside the table, and only what is
missing is moved over. A point that is there already stays as it is, so a second load changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter, lt
from typing import Any, cast

from psycopg import AsyncConnection, sql
from sqlalchemy.ext.asyncio import AsyncSession

from models.records import Quote
from models.store.bulk import driver_connection, sliced
from models.store.candles import roll_up
from models.store.months import closed_months, month_of, partitions_between

Point = tuple[int, datetime, Decimal, Decimal | None, Decimal | None]
"""(listing, observed_at, price_usd, market_cap_usd, volume_usd_24h)"""

SLICE = 20_000
"""How many points are in memory at once, and gathered into candles together."""

STRAIGHT_FROM = 5_000
"""Fewer points are not worth asking whether any of them can be there."""

_SOLE = """SELECT pg_advisory_xact_lock(hashtextextended('kasparro:history:' || source, 0))
FROM (SELECT DISTINCT source FROM listings WHERE id = ANY(%(ids)s) ORDER BY source) AS theirs"""
_KEY = itemgetter(0, 1)
_COLUMNS = sql.SQL("listing_id, observed_at, price_usd, market_cap_usd, volume_usd_24h")
_TYPES = ("int8", "timestamptz", "numeric", "numeric", "numeric")
_COPY = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)")
_STAGE = "CREATE TEMP TABLE stage_points ON COMMIT DROP AS SELECT {columns} FROM price_points WITH NO DATA"

_THERE = """SELECT there.* FROM unnest(%(listings)s::int8[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
AS span (listing_id, first_at, last_at) CROSS JOIN LATERAL (
    SELECT {columns} FROM ({months}) AS p
    WHERE (p.listing_id, p.observed_at) >= (span.listing_id, span.first_at)
    AND (p.listing_id, p.observed_at) <= (span.listing_id, span.last_at) OFFSET 0
) AS there"""
"""What history has within a slice: by key for each listing.

Key and moment are compared as one, and months are named: so no other index can serve. A month whose points are all of
this transaction counts as empty, and of an empty one every index is as good; that by moments would be read whole, for
each listing.
"""

_MISSING = """INSERT INTO price_points ({columns}) SELECT {columns} FROM stage_points AS s WHERE NOT EXISTS (
    SELECT FROM ({there}) AS t WHERE t.listing_id = s.listing_id AND t.observed_at = s.observed_at
) ORDER BY listing_id, observed_at RETURNING {columns}"""
_UNLIKE = """SELECT t.* FROM stage_points AS s JOIN ({there}) AS t USING (listing_id, observed_at)
WHERE (s.price_usd, s.market_cap_usd, s.volume_usd_24h)
IS DISTINCT FROM (t.price_usd, t.market_cap_usd, t.volume_usd_24h) ORDER BY 1, 2"""
_UNDATED = """INSERT INTO price_points ({columns})
SELECT listing_id, fetched_at, price_usd, market_cap_usd, volume_usd_24h FROM landed_quotes
WHERE listing_id = ANY(%(ids)s) AND source_updated_at IS NULL
AND NOT date_trunc('month', fetched_at, 'UTC') = ANY(%(closed)s)
ON CONFLICT DO NOTHING RETURNING {columns}"""


async def append_points(session: AsyncSession, quotes: Sequence[Quote], ids: Mapping[str, int]) -> int:
    """Keep quotes in history, one point per listing and moment; returns how many were new.

    Call it after `land_quotes`: a quote without a time of its own gets a point at the time its numbers last changed.
    """
    await _be_sole_writer(await driver_connection(session), [ids[quote.source_id] for quote in quotes])
    dated = {
        (ids[quote.source_id], quote.source_updated_at): quote for quote in quotes if quote.source_updated_at
    }
    added = await load_points(
        session,
        (
            (*key, quote.price_usd, quote.market_cap_usd, quote.volume_usd_24h)
            for key, quote in sorted(dated.items(), key=itemgetter(0))
        ),
    )
    undated = [ids[quote.source_id] for quote in quotes if not quote.source_updated_at]
    if undated:
        values = {"ids": undated, "closed": list(await closed_months(session))}
        connection = await driver_connection(session)
        added += await roll_up(connection, _written(_UNDATED), values)
    return added


async def load_points(session: AsyncSession, points: Iterable[Point]) -> int:
    """Add the points that history has not yet, with their candles; returns how many those were.

    `make_room` for them first. Any order and number will do, sorted by listing and time is fastest; they are never all
    in memory. Points of a month that was pruned are left out. Until the transaction ends nobody else writes history of the
    same sources: whoever comes meanwhile waits, and finds what was written.
    """
    connection = await driver_connection(session)
    closed = await closed_months(session)
    return sum([await _load(connection, _in_order(some, closed)) for some in sliced(points, SLICE)])


async def points_unlike(session: AsyncSession, points: Iterable[Point]) -> list[Point]:
    """Return what history has where it has another point for the same listing and moment than one of these."""
    connection = await driver_connection(session)
    return [
        found for some in sliced(points, SLICE) for found in await _unlike(connection, _in_order(some, ()))
    ]


async def _unlike(connection: AsyncConnection[Any], points: Sequence[Point]) -> list[Point]:
    there = await _there(connection, points)
    async with _staged(connection, points):
        found = await connection.execute(_written(_UNLIKE, there=there), _spans(points), prepare=False)
        return cast("list[Point]", await found.fetchall())


def _in_order(points: list[Point], closed: Collection[datetime]) -> list[Point]:
    """Sort by listing and moment where that is not done yet; of several for one moment the last counts."""
    if closed:
        points = [point for point in points if month_of(point[1]) not in closed]
    keys = list(map(_KEY, points))
    if all(map(lt, keys, islice(keys, 1, None))):
        return points
    return [point for _, point in sorted(dict(zip(keys, points, strict=True)).items(), key=itemgetter(0))]


async def _load(connection: AsyncConnection[Any], points: Sequence[Point]) -> int:
    """Load one slice, sorted and without doubles."""
    if not points:
        return 0
    spans = _spans(points)
    await _be_sole_writer(connection, spans["listings"])
    there = await _there(connection, points)
    if len(points) >= STRAIGHT_FROM and not await _is_any(connection, there, spans):
        await _copy(connection, "price_points", points)
        return await roll_up(connection, there, spans)
    async with _staged(connection, points):
        return await roll_up(connection, _written(_MISSING, there=there), spans)


async def _be_sole_writer(connection: AsyncConnection[Any], listing_ids: Sequence[int]) -> None:
    """Wait until nobody else writes history of these listings' sources, and keep it so until the transaction ends.

    A run and a backfill may bring the same moment. Without this the second to insert it would fail, a page with it.
    """
    await connection.execute(_SOLE, {"ids": list(listing_ids)})


@asynccontextmanager
async def _staged(connection: AsyncConnection[Any], points: Sequence[Point]) -> AsyncIterator[None]:
    """COPY points into `stage_points`, a table beside history, for the block."""
    await connection.execute(_written(_STAGE))
    await _copy(connection, "stage_points", points)
    await connection.execute("ANALYZE stage_points")
    yield
    await connection.execute("DROP TABLE stage_points")


def _spans(points: Sequence[Point]) -> dict[str, Any]:
    """Say from when to when each listing has points here."""
    spans = [(listing, [point[1] for point in its]) for listing, its in groupby(points, itemgetter(0))]
    return {
        "listings": [listing for listing, _ in spans],
        "firsts": [its[0] for _, its in spans],
        "lasts": [its[-1] for _, its in spans],
    }


async def _there(connection: AsyncConnection[Any], points: Sequence[Point]) -> sql.Composed:
    """Write `_THERE` for the months of these points."""
    moments = [point[1] for point in points]
    names = await partitions_between(connection, min(moments), max(moments)) or ["price_points"]
    months = [_written("SELECT {columns} FROM {month}", month=sql.Identifier(name)) for name in names]
    return _written(_THERE, months=sql.SQL(" UNION ALL ").join(months))


async def _is_any(connection: AsyncConnection[Any], there: sql.Composed, spans: Mapping[str, Any]) -> bool:
    found = await connection.execute(sql.SQL("SELECT EXISTS ({})").format(there), spans, prepare=False)
    (is_any,) = cast("tuple[bool]", await found.fetchone())
    return is_any


async def _copy(connection: AsyncConnection[Any], table: str, points: Sequence[Point]) -> None:
    """COPY points row by row: Postgres indexes them while the next are spelled. As text in one go it took half as long again."""
    copy_in = _COPY.format(sql.Identifier(table), _COLUMNS)
    async with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        copy.set_types(_TYPES)
        for point in points:
            await copy.write_row(point)


def _written(template: str, **parts: sql.Composable) -> sql.Composed:
    """Write a statement with the columns of a point where it has `{columns}`, and its other parts."""
    return sql.SQL(cast("Any", template)).format(columns=_COLUMNS, **parts)
