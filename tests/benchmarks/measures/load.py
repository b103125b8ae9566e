"""Loading: quotes that all changed, quotes that did not, and history, each beside what others use and beside COPY."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tests.benchmarks import ours
from tests.benchmarks.errors import DisagreementError
from tests.benchmarks.measures.arena import Say
from tests.benchmarks.measures.loaders import (
    POINT_COLUMNS,
    POINT_TYPES,
    QUOTE_TYPES,
    copy_raw,
    merge_by_dlt,
    merge_by_orm,
)
from tests.benchmarks.plan import Plan

CHANGED, UNCHANGED, COPIED, BY_DLT, BY_ORM = "changed", "unchanged", "copy", "dlt", "session_merge"
POINTS, POINTS_COPIED = "points", "points_copy"
HOURS = 720
"""Of history, for each listing."""
PRICES = 2_503
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Loading:
    """Rows a second by way of loading, one for each round."""

    rows_per_second: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def rate(self, way: str) -> float | None:
        """Return the median."""
        return median(self.rows_per_second[way]) if self.rows_per_second[way] else None

    def ratio(self, way: str, other: str) -> float | None:
        """Return how many times as fast one is: the median of the rounds' ratios."""
        pairs = zip(self.rows_per_second[way], self.rows_per_second[other], strict=False)
        ratios = [one / beside for one, beside in pairs]
        return median(ratios) if ratios else None


def load(url: str, folder: Path, plan: Plan, say: Say) -> Loading:
    """Measure loading into a fresh, migrated database."""
    found = Loading()
    _make_listings(url, plan.quotes)
    ids = {str(number): number for number in range(1, plan.quotes + 1)}
    for number in range(plan.rounds + 1):  # before the first round nothing is there yet: it is no change
        _quotes(found if number else Loading(), url, plan, ids, number, folder)
        say(f"loading quotes: round {number} of {plan.rounds} is done")
    points = list(_points(plan.points))
    ours.make_room_for_points(url, [BEGAN + timedelta(days=day) for day in range(HOURS // 24 + 1)])
    for number in range(plan.rounds):
        _history(found, url, points)
        say(f"loading history: round {number + 1} of {plan.rounds} is done")
    return found


def _quotes(found: Loading, url: str, plan: Plan, ids: dict[str, int], number: int, folder: Path) -> None:
    rows = [_quote(key, number) for key in range(1, plan.quotes + 1)]
    some, quotes = rows[: plan.merged_by_orm], [ours.quote(row) for row in rows]
    told = found.rows_per_second
    told[COPIED].append(len(rows) / _copy_quotes(url, rows))
    told[CHANGED].append(len(rows) / ours.land(url, quotes, ids))
    told[UNCHANGED].append(len(rows) / ours.land(url, quotes, ids))
    told[BY_DLT].append(len(rows) / merge_by_dlt(url, rows, folder))
    for table in ("landed_quotes", "raw_landed_quotes", "by_dlt.quotes"):
        _require_loaded(url, table, rows)
    newer = [row | {"price_usd": row["price_usd"] * 2} for row in some]
    told[BY_ORM].append(len(newer) / merge_by_orm(url, newer))


def _require_loaded(url: str, table: str, rows: list[dict[str, Any]]) -> None:
    """Raise unless a table holds what was loaded: nobody is timed doing less."""
    with psycopg.connect(url) as connection:
        held = connection.execute(f"SELECT count(*), round(sum(price_usd), 6) FROM {table}").fetchone()
    wanted = (len(rows), round(sum((row["price_usd"] for row in rows), Decimal(0)), 6))
    if held != wanted:
        raise DisagreementError(f"{table} holds {held} (rows, sum of prices), not {wanted}")


def _copy_quotes(url: str, rows: list[dict[str, Any]]) -> float:
    columns = ours.QUOTE_COLUMNS
    tuples = [[row[name] for name in columns] for row in rows]
    return copy_raw(url, "landed_quotes", columns, QUOTE_TYPES, tuples)


def _history(found: Loading, url: str, points: list[Any]) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE price_points, price_candles")
    found.rows_per_second[POINTS_COPIED].append(
        len(points) / copy_raw(url, "price_points", POINT_COLUMNS, POINT_TYPES, points)
    )
    found.rows_per_second[POINTS].append(len(points) / ours.load(url, points))
    with psycopg.connect(url) as connection:
        kept = connection.execute("SELECT count(*) FROM price_points").fetchone()
    if kept != (len(points),):
        raise DisagreementError(f"of {len(points)} points {kept} were kept: the rates are of something else")


def _make_listings(url: str, count: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO sources (name, title, registered_at) VALUES (%s, 'Source', now())", [ours.SOURCE]
        )
        connection.execute(
            "INSERT INTO listings (id, source, source_id, created_at, updated_at)"
            " SELECT n, %s, n, now(), now() FROM generate_series(1, %s) n",
            [ours.SOURCE, count],
        )


def _quote(key: int, version: int) -> dict[str, Any]:
    price = Decimal(83186 * 10**9 + version * 1013 + key) / Decimal(key * 10**9)
    supply = Decimal(2 * 10**7 + key)
    at = BEGAN + timedelta(minutes=version, seconds=key % 50)
    return {
        "listing_id": key,
        "price_usd": price,
        "market_cap_usd": (price * supply).quantize(Decimal("0.01")),
        "volume_usd_24h": (price * supply / 20).quantize(Decimal("0.0001")),
        "percent_change_1h": Decimal(key % 300) / 100,
        "percent_change_24h": Decimal(key % 900) / 100,
        "percent_change_7d": Decimal(key % 2000) / 100,
        "circulating_supply": supply,
        "total_supply": supply * 2,
        "max_supply": None if key % 3 else supply * 3,
        "rank": key,
        "source_updated_at": at,
        "fetched_at": at + timedelta(seconds=5),
    }


def _points(count: int) -> Iterator[tuple[int, datetime, Decimal, Decimal, Decimal]]:
    """Make history as a backfill brings it: listing by listing, a point every hour of a month."""
    prices = [Decimal(83186 * 10**6 + n * 977) / Decimal((n + 1) * 10**4) for n in range(PRICES)]
    for number in range(count):
        listing, hour = divmod(number, HOURS)
        price, cap = prices[number % PRICES], prices[number * 7 % PRICES]
        yield listing + 1, BEGAN + timedelta(hours=hour), price, cap, prices[number * 3 % PRICES]
