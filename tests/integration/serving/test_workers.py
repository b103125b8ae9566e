"""Several processes behind one port: each with its own ear, and all of them leave in order."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg

from tests.e2e.conftest import eventually, free_port
from tests.integration.monitoring.scraping import read

RSS_AT_MOST_MB = 150
LISTENERS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kasparro listener'"


@contextmanager
def _workers(database_url: str, how_many: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    port = str(free_port())
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "API_PORT": port,
        "WEB_CONCURRENCY": str(how_many),
        "PYTHONPATH": str(Path.cwd()),
    }
    with subprocess.Popen([sys.executable, "-m", "graphql_api"], env=environment) as process:
        try:
            eventually(lambda: len(_processes(f"http://127.0.0.1:{port}")) == how_many, 40)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.kill()


def _processes(url: str) -> dict[int, float]:
    """List the processes that answer, with the memory that each holds."""
    found = {}
    for _ in range(10):
        try:
            told = httpx.get(f"{url}/stats/debug").json()
        except httpx.TransportError:
            continue
        found[int(told["process_id"])] = float(told["memory_mb"])
    return found


def test_two_workers_serve_small_listen_each_and_finish_what_they_began(database_url: str) -> None:
    with (
        _workers(database_url, 2) as (url, process),
        psycopg.connect(database_url, autocommit=True) as connection,
        concurrent.futures.ThreadPoolExecutor() as threads,
    ):
        sizes = _processes(url)
        assert max(sizes.values()) < RSS_AT_MOST_MB
        eventually(lambda: connection.execute(LISTENERS).fetchone() == (2,), 10)
        with connection.transaction():
            connection.execute("LOCK TABLE assets IN ACCESS EXCLUSIVE MODE")
            asking = threads.submit(
                httpx.post, f"{url}/graphql", json={"query": "{ assets { totalCount } }"}, timeout=20
            )
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
            time.sleep(1)
        assert asking.result().json()["data"] == {"assets": {"totalCount": 0}}
        assert process.wait(15) in {0, -signal.SIGTERM}
        eventually(lambda: connection.execute(LISTENERS).fetchone() == (0,), 5)
    assert not any(Path(f"/proc/{pid}").exists() for pid in sizes)


def test_a_worker_that_dies_is_replaced_and_none_outlives_who_started_it(database_url: str) -> None:
    with _workers(database_url, 2) as (url, process):
        before = set(_processes(url))
        os.kill(min(before), signal.SIGKILL)
        eventually(lambda: len(after := set(_processes(url))) == 2 and after != before, 30)
        left = set(_processes(url))
        process.kill()
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left), 15)


def test_whichever_is_asked_tells_what_all_of_them_counted_also_those_that_died(database_url: str) -> None:
    with _workers(database_url, 2) as (url, _):

        def told(name: str, **labels: str) -> float | None:
            return read(httpx.get(f"{url}/metrics").text).of(name, **labels)

        def live() -> float | None:
            return told("kasparro_request_seconds_count", operation="/health/live", status="200")

        before = live() or 0
        for _ in range(40):
            assert httpx.get(f"{url}/health/live").status_code == 200
        for _ in range(2):
            eventually(lambda: live() == before + 40, 10)
        assert told("kasparro_api_processes") == 2
        time.sleep(1)  # both have written down what they counted
        os.kill(min(_processes(url)), signal.SIGKILL)
        eventually(lambda: len(_processes(url)) == 2, 30)
        assert {live() for _ in range(10)} == {before + 40}
        eventually(lambda: told("kasparro_api_processes") == 2, 15)
