"""The front door `python -m graphql_api`, as a real process over real HTTP."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest


def _environment(**changed: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path.cwd()), **changed}


def _free_port() -> str:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.fixture
def door(database_url: str, tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Open the door in a folder of its own; yields the URL and the process."""
    port = _free_port()
    environment = _environment(DATABASE_URL=database_url, API_PORT=port)
    process = subprocess.Popen([sys.executable, "-m", "graphql_api"], env=environment, cwd=tmp_path)
    yield f"http://127.0.0.1:{port}", process
    process.kill()
    process.wait()


def test_the_door_serves_until_it_is_told_to_stop(door: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, process = door
    for _ in range(150):
        try:
            assert httpx.get(f"{url}/health/live").json() == {"status": "alive"}
            break
        except httpx.TransportError:
            assert process.poll() is None, "the door closed by itself"
            time.sleep(0.2)
    answer = httpx.post(f"{url}/graphql", json={"query": "{ assets { totalCount } }"})
    assert answer.json()["data"] == {"assets": {"totalCount": 0}}
    assert httpx.get(f"{url}/health").json()["status"] == "degraded"
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) in {0, -signal.SIGTERM}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}, "did not answer for 0.1 s"),
        ({"ENV": "prod"}, "PUBLIC_READ: Value error, with ENV=prod nobody could read: set API_KEYS"),
        ({"ADMIN_KEYS": "matcher:x"}, "ADMIN_KEYS: Value error, no key can have the name matcher"),
        ({"RATE_LIMIT": "often"}, "RATE_LIMIT: Value error, couldn't parse rate limit string 'often'"),
        ({"DATABASE_URL": "mysql://localhost/x"}, "must start with postgresql://"),
        ({"API_PORT": "many"}, "API_PORT: Input should be a valid integer"),
        ({"STALE_AFTER_SECONDS": "0"}, "STALE_AFTER_SECONDS: Input should be greater than or equal to 1"),
    ],
)
def test_what_a_person_can_mend_is_one_sentence(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    command = [sys.executable, "-m", "graphql_api", "--database-seconds", "0.1"]
    done = subprocess.run(
        command,
        env=_environment(**changed),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
