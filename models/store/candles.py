"""Keeping the candles of hours and days true while points come in, in the transaction that brings them.

A point is the smallest candle; an hour is gathered from points, a day from hours. What new points make is gathered
apart and then merged into what is there. So the order in which points come changes nothing, late ones included, as long
as each is brought once: only points that were not there before may be given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from psycopg import AsyncConnection, sql

_ADDED = """
WITH added AS ({added}),
points AS (
    SELECT listing_id, observed_at AS first_at, observed_at AS last_at,
        CASE WHEN volume_usd_24h IS NOT NULL THEN observed_at END AS volume_at, 1 AS points,
        price_usd AS open_usd, price_usd AS high_usd, price_usd AS low_usd, price_usd AS close_usd, volume_usd_24h
    FROM added
),
hours AS ({hours}),
days AS ({days}),
rolled_up AS ({merge})
SELECT count(*) FROM added
"""

_GATHERED = """
SELECT listing_id, {seconds} AS seconds, opened_at, first_at, last_at, volume_at, points,
    opens[1] AS open_usd, high_usd, low_usd, closes[cardinality(closes)] AS close_usd,
    volumes[cardinality(volumes)] AS volume_usd_24h
FROM (
    SELECT listing_id, date_bin(make_interval(secs => {seconds}), first_at, '2001-01-01+00') AS opened_at,
        min(first_at) AS first_at, max(last_at) AS last_at, max(volume_at) AS volume_at, sum(points)::int AS points,
        array_agg(open_usd ORDER BY first_at) AS opens, max(high_usd) AS high_usd, min(low_usd) AS low_usd,
        array_agg(close_usd ORDER BY first_at) AS closes,
        array_agg(volume_usd_24h ORDER BY first_at) FILTER (WHERE volume_at IS NOT NULL) AS volumes
    FROM {smaller} GROUP BY 1, 2
) AS gathered
"""

_MERGE = """
INSERT INTO price_candles AS t (listing_id, seconds, opened_at, first_at, last_at, volume_at, points,
    open_usd, high_usd, low_usd, close_usd, volume_usd_24h)
SELECT * FROM (SELECT * FROM hours UNION ALL SELECT * FROM days) AS brought ORDER BY listing_id, seconds, opened_at
ON CONFLICT (listing_id, seconds, opened_at) DO UPDATE SET
    first_at = least(t.first_at, excluded.first_at),
    last_at = greatest(t.last_at, excluded.last_at),
    volume_at = greatest(t.volume_at, excluded.volume_at),
    points = t.points + excluded.points,
    open_usd = CASE WHEN excluded.first_at < t.first_at THEN excluded.open_usd ELSE t.open_usd END,
    high_usd = greatest(t.high_usd, excluded.high_usd),
    low_usd = least(t.low_usd, excluded.low_usd),
    close_usd = CASE WHEN excluded.last_at > t.last_at THEN excluded.close_usd ELSE t.close_usd END,
    volume_usd_24h = CASE WHEN excluded.volume_at > t.volume_at OR t.volume_at IS NULL
        THEN excluded.volume_usd_24h ELSE t.volume_usd_24h END
"""


def _gathered(seconds: int, smaller: str) -> sql.Composed:
    return sql.SQL(_GATHERED).format(seconds=sql.Literal(seconds), smaller=sql.Identifier(smaller))


async def roll_up(connection: AsyncConnection[Any], added: sql.Composable, values: Mapping[str, Any]) -> int:
    """Run `added` and merge the points that it returns into their candles; returns how many points there were.

    `added` is SQL with these values: an INSERT that returns every column of the points it wrote, or a SELECT of points
    that no candle counts yet.
    """
    statement = sql.SQL(_ADDED).format(
        added=added, hours=_gathered(3600, "points"), days=_gathered(86400, "hours"), merge=sql.SQL(_MERGE)
    )
    await connection.execute("SET LOCAL jit = off")  # to compile it takes longer than to run it
    # Planned anew each time: a plan kept from when a month was nearly empty would read all of it ever after.
    counted = await connection.execute(statement, values, prepare=False)
    (count,) = cast("tuple[int]", await counted.fetchone())
    return count
