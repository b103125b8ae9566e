"""A market to read from: made in Postgres by generate_series, the same at every run but for the hour it ends at.

Each asset has a listing, a link and a quote at each of three sources. History is written in the order in which it
would have come in, all listings at one moment after another, so that the points of one lie far apart.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from tests.benchmarks import ours

SOURCES = ("coingecko", "coinpaprika", "coincap")
MONTHS = 4
UNKNOWN_FROM = 0.99
"""Of the last assets of all nobody knows the market cap: nulls come last, where pages must not lose their way."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a market is."""

    assets: int
    points: int

    def __str__(self) -> str:
        return f"{self.assets:,} assets, {self.assets * len(SOURCES):,} quotes, {self.points:,} points"


_ORIGIN = """
INSERT INTO sources (name, title, registered_at)
    SELECT name, initcap(name), now() FROM unnest(%(sources)s::text[]) name ON CONFLICT DO NOTHING;
INSERT INTO dataset_version (id, version, upstream, published_at) VALUES (1, 1, 'SANDBOX', now())
    ON CONFLICT (id) DO UPDATE SET version = 1, upstream = 'SANDBOX', published_at = now();
"""
_COINS = """
CREATE TEMP TABLE coins AS SELECT n, 'coin-' || lpad(n::text, 6, '0') AS uid, 'C' || to_hex(n %% 60000) AS symbol,
    'Coin number ' || n AS name, 83186.38165509354 / n ^ 0.9 AS price, round(2e7 / n ^ 0.3) AS supply
FROM generate_series(1, %(assets)s) n;
ANALYZE coins;
"""
_ASSETS = """
INSERT INTO assets (id, uid, symbol, name, image_url, created_at, rank, price_usd, market_cap_usd, volume_usd_24h,
    percent_change_1h, percent_change_24h, percent_change_7d, circulating_supply, total_supply, max_supply,
    price_method, price_spread, price_confidence, price_as_of, price_inputs, updated_at)
SELECT n, uid, symbol, name, 'https://img.example/' || n || '.png', %(at)s, n, price::numeric,
    CASE WHEN n <= %(known)s THEN round((price * supply)::numeric, 2) END, round((price * supply / 20)::numeric, 4),
    round((sin(n) * 3)::numeric, 5), round((sin(n * 2) * 9)::numeric, 5), round((sin(n * 3) * 20)::numeric, 5),
    supply::numeric, (supply * 1.5)::numeric, CASE WHEN n %% 3 = 0 THEN (supply * 2)::numeric END,
    'median', 0.001811207252404571, 0.9435, %(at)s,
    (SELECT jsonb_agg(jsonb_build_object('source', source, 'source_id', source || '-' || n,
        'price_usd', (price * (1 + k * 0.0005))::text, 'as_of', %(at)s, 'is_used', true, 'reason', 'fresh')
        ORDER BY k) FROM unnest(%(sources)s::text[]) WITH ORDINALITY AS told(source, k)), %(at)s
FROM coins ORDER BY n;
"""
_LISTINGS = """
INSERT INTO listings (id, source, source_id, symbol, name, kind, is_active, created_at, updated_at)
SELECT (n - 1) * 3 + k, source, source || '-' || n, symbol, name, 'coin', true, %(at)s, %(at)s
FROM coins, unnest(%(sources)s::text[]) WITH ORDINALITY AS told(source, k) ORDER BY 1;
INSERT INTO asset_links (listing_id, asset_id, state, method, score, reasons, decided_by, decided_at)
SELECT id, (id - 1) / 3 + 1, 'accepted', 'symbol+name+slug', 0.9999,
    '["symbol is the same", "name is the same", "slug is the same"]', 'matcher', %(at)s FROM listings ORDER BY id;
"""
_QUOTES = """
INSERT INTO quotes (listing_id, price_usd, market_cap_usd, volume_usd_24h, percent_change_1h, percent_change_24h,
    percent_change_7d, circulating_supply, total_supply, max_supply, rank, source_updated_at, fetched_at)
SELECT l.id, a.price_usd * (1 + l.id %% 3 * 0.0005), a.market_cap_usd, a.volume_usd_24h, a.percent_change_1h,
    a.percent_change_24h, a.percent_change_7d, a.circulating_supply, a.total_supply, a.max_supply, a.rank,
    %(at)s - l.id %% 60 * interval '1 second', %(at)s
FROM listings l JOIN assets a ON a.id = (l.id - 1) / 3 + 1 ORDER BY l.id;
INSERT INTO landed_quotes SELECT * FROM quotes;
"""
_POINTS = """
INSERT INTO price_points (listing_id, observed_at, price_usd, market_cap_usd, volume_usd_24h)
SELECT (n - 1) * 3 + k, %(start)s + step * %(pace)s + ((n * 3 + k) %% 977) * interval '1 second',
    (price * (1 + sin(step) / 10))::numeric, (price * supply)::numeric, (price * supply / 20)::numeric
FROM generate_series(0, %(steps)s - 1) step, coins, generate_series(1, 3) k;
"""
_COUNTERS = ("assets", "listings")


def uid(number: int) -> str:
    """Name an asset by its number; 1 is the largest."""
    return f"coin-{number:06}"


def seed(url: str, size: Size) -> float:
    """Fill a migrated database and gather its statistics; returns the seconds it took."""
    began = time.perf_counter()
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    listings = size.assets * len(SOURCES)
    steps = -(-size.points // listings)
    reach = timedelta(days=30 * MONTHS)
    start = at - reach - timedelta(hours=1)
    ours.make_room_for_points(url, [start + timedelta(days=day) for day in range(30 * MONTHS + 2)])
    values = {
        "sources": list(SOURCES), "at": at, "assets": size.assets, "known": int(size.assets * UNKNOWN_FROM),
        "start": start, "pace": reach / steps, "steps": steps,
    }  # fmt: skip
    with psycopg.connect(url, cursor_factory=psycopg.ClientCursor) as connection:
        for script in (_ORIGIN, _COINS, _ASSETS, _LISTINGS, _QUOTES, _POINTS):
            connection.execute(script, values)
        for table in _COUNTERS:
            connection.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return time.perf_counter() - began
