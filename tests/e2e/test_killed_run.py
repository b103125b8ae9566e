"""kill -9 in the middle of a run, then the next run: the tables are what they would have been without it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.e2e.conftest import eventually, free_port

NUMBERS = (
    "q.price_usd, q.market_cap_usd, q.volume_usd_24h, q.percent_change_24h, q.circulating_supply, q.rank,"
    " q.source_updated_at"
)
BY_NATURAL_KEY = {
    "assets": "SELECT uid, symbol, name, rank, market_cap_usd, price_method FROM assets",
    "links": "SELECT l.source, l.source_id, a.uid, k.state, k.method, k.retired_at IS NULL FROM asset_links k"
    " JOIN listings l ON l.id = k.listing_id JOIN assets a ON a.id = k.asset_id",
    "listings": "SELECT source, source_id, symbol, name, is_active FROM listings",
    "addresses": "SELECT source, source_id, caip19, retired_at IS NULL FROM listing_addresses"
    " JOIN listings l ON l.id = listing_id",
    "quotes": f"SELECT source, source_id, {NUMBERS} FROM quotes q JOIN listings l ON l.id = q.listing_id",
    "landed": f"SELECT source, source_id, {NUMBERS} FROM landed_quotes q JOIN listings l ON l.id = q.listing_id",
    "points": "SELECT source, source_id, observed_at, price_usd FROM price_points p JOIN listings l ON l.id = listing_id",
    "raw": "SELECT source, feed, record_id, content_hash FROM raw_records",
    "rejects": "SELECT source, feed, record_id, reason, content_hash FROM rejected_records",
    "rates": "SELECT source, code, units_per_btc FROM fx_rates",
}
"""Every table but the bookkeeping, by what a row is called outside. Undated rows' times of arrival are left out."""

MOMENTS: dict[str, str] = {
    "before the first page": "SELECT 1 FROM etl_runs WHERE outcome = 'running'",
    "between two pages": "SELECT 1 FROM raw_records",
    "while publishing": "SELECT 1 FROM etl_runs WHERE flow = 'unify' AND outcome = 'running'",
}


@pytest.fixture(scope="module")
def still_sandbox() -> Iterator[str]:
    """A sandbox whose market stands still, so that two runs see the same."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    with subprocess.Popen(
        [sys.executable, "-m", "flows", "sandbox", "--port", str(port), "--size", "4000"]
    ) as process:

        def answers() -> bool:
            try:
                return httpx.get(f"{url}/_sandbox/health").is_success
            except httpx.TransportError:
                return False

        eventually(answers)
        now = datetime.now(UTC).isoformat()
        httpx.put(f"{url}/_sandbox/clock", json={"at": now, "speed": 0}).raise_for_status()
        yield url
        process.terminate()


@pytest.fixture
def environment(still_sandbox: str, tmp_path: Path) -> dict[str, str]:
    """What a run on its own is started with, but for the database."""
    return os.environ | {"SANDBOX_URL": still_sandbox, "DATA_DIR": str(tmp_path / "data")}


def _natural_rows(url: str) -> dict[str, set[tuple[Any, ...]]]:
    with psycopg.connect(url) as connection:
        found = {}
        for name, statement in BY_NATURAL_KEY.items():
            rows = connection.execute(statement).fetchall()
            found[name] = set(rows)
            assert len(rows) == len(found[name]), f"{name} has a row twice"
        return found


def _holds(url: str, statement: str) -> Callable[[], bool]:
    def ask() -> bool:
        with psycopg.connect(url) as connection:
            return connection.execute(statement).fetchone() is not None

    return ask


def _run(environment: dict[str, str], url: str, *job: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "run", *job],
        env=environment | {"DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _prices_agree(one: str, other: str) -> None:
    """Compare unified prices: their quotes are the same, but weigh by an age that a few seconds' delay changes."""
    prices = []
    for url in (one, other):
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT uid, coalesce(price_usd, 0) FROM assets").fetchall()
            prices.append({uid: float(price) for uid, price in rows})
    assert prices[0] == pytest.approx(prices[1], rel=0.01)


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_next_run_leaves_what_an_undisturbed_one_would(
    moment: str, environment: dict[str, str], database_url: str, second_database_url: str
) -> None:
    _run(environment, database_url, "refresh-csv")
    _run(environment, database_url, "etl")

    killed = environment | {"DATABASE_URL": second_database_url}
    with subprocess.Popen([sys.executable, "-m", "flows", "run", "etl"], env=killed) as process:
        eventually(_holds(second_database_url, MOMENTS[moment]))
        time.sleep(0.05)
        process.kill()
    assert process.returncode < 0, "the run was over before it was killed"
    _run(environment, second_database_url, "etl")

    undisturbed, mended = _natural_rows(database_url), _natural_rows(second_database_url)
    assert undisturbed["assets"]
    different = {name for name, rows in undisturbed.items() if rows != mended[name]}
    assert different == set(), {name: undisturbed[name] ^ mended[name] for name in different}
    _prices_agree(database_url, second_database_url)
    assert not _holds(second_database_url, "SELECT 1 FROM etl_runs WHERE outcome = 'running'")()
