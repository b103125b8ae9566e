"""`/data.csv` of the API as a process: however many rows and however slow the reader, it takes no more memory."""

from __future__ import annotations

import time

import httpx
import psycopg

from tests.e2e.api_process import ApiProcess, api_process
from tests.integration.api.test_csv_export import MANY

FEW, MANY_ROWS = 3_000, 30_000
MEGABYTES_OF_SLACK = 12
"""The file of the many is 3.5 MB; as rows in memory it would be 40."""


def _read(api: ApiProcess, pause_seconds: float = 0) -> tuple[int, float]:
    """Read the file piece by piece; returns its rows and the most memory that the process had meanwhile."""
    lines, most = 0, 0.0
    plain = {"accept-encoding": "identity"}
    with httpx.stream("GET", f"{api.url}/data.csv", headers=plain, timeout=60) as answer:
        for piece in answer.iter_bytes(100_000):
            lines += piece.count(b"\r\n")
            most = max(most, api.memory_mb)
            time.sleep(pause_seconds)
    return lines - 1, most


def test_thirty_thousand_listings_take_the_memory_of_three_thousand(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection, api_process(database_url) as api:
        connection.execute(MANY.format(rows=FEW))
        assert _read(api)[0] == FEW
        rows, few = _read(api)
        assert rows == FEW
        connection.execute(
            "INSERT INTO listings (source, source_id, name, created_at, updated_at) SELECT 'many', 'more-' || n,"
            f" 'Coin number ' || n, now(), now() FROM generate_series(1, {MANY_ROWS - FEW}) n;"
            " INSERT INTO quotes (listing_id, price_usd, fetched_at) SELECT id, 1, now() FROM listings"
            " WHERE source_id LIKE 'more-%'; ANALYZE listings, quotes"
        )
        for pause_seconds in (0, 0.02):
            rows, most = _read(api, pause_seconds)
            assert rows == MANY_ROWS
            assert most <= few + MEGABYTES_OF_SLACK, f"{few:.0f} MB became {most:.0f} MB"
