"""The API as a process of its own over a database of its own, and Node with the packages of the lock file."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from models.db import Sessions
from tests.e2e.api_process import api_process
from tests.factories import make_asset, publish

HERE = Path(__file__).parent
STATE = HERE.parents[2] / ".kasparro"
NODE_AT_LEAST = 20
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
COINS = 30
PUBLICATION = """
    UPDATE assets SET price_usd = price_usd + 1, updated_at = clock_timestamp() WHERE uid = 'coin-1';
    UPDATE dataset_version SET version = version + 1, published_at = clock_timestamp();
    SELECT pg_notify('kasparro_dataset', version::text) FROM dataset_version
"""


@pytest.fixture
def api_url(database_url: str) -> Iterator[str]:
    """The API's URL."""
    with api_process(database_url, RATE_LIMIT="") as api:
        yield api.url


@pytest.fixture
async def market(sessions: Sessions) -> None:
    """Coins from `coin-1`, the largest, to the smallest."""
    async with sessions.begin() as session:
        for number in range(1, COINS + 1):
            await make_asset(session, f"coin-{number}", price_usd=number, market_cap_usd=1000 - number)
        await publish(session, version=1)


@pytest.fixture
def busy(market: None, database_url: str) -> Iterator[None]:
    """A market in which `coin-1` has a new price several times a second."""
    with publishing(database_url, every=0.3):
        yield market


@contextmanager
def publishing(database_url: str, every: float) -> Iterator[None]:
    """Publish a new price of `coin-1` again and again, so many seconds apart."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(every):
            with psycopg.connect(database_url) as connection:
                connection.execute(PUBLICATION)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    is_over.set()
    thread.join()


def _installed(npm: str) -> bool:
    """Install what the lock file names, if that was not done before; whether it is there."""
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    stamp = HERE / "node_modules" / ".kasparro-lock"
    if stamp.is_file() and stamp.read_text() == lock:
        return True
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefer-offline"]
    if subprocess.run([*command, "--cache", str(STATE / "npm")], cwd=HERE, check=False).returncode:
        return False
    stamp.write_text(lock)
    return True


@pytest.fixture(scope="session")
def node() -> Callable[..., str]:
    """Run a script of this folder with Node and return what it prints; skipped, with the reason, without Node."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("Node.js and npm are not installed: clients of the GraphQL world are not run")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version[1:].split(".")[0]) < NODE_AT_LEAST:
        pytest.skip(f"Node.js {version.strip()} is older than {NODE_AT_LEAST}: GraphQL clients are not run")
    if not _installed(npm):
        pytest.skip("npm could not fetch what tests/e2e/clients/package-lock.json names: no registry?")

    def run(script: str, *arguments: str, seconds: float = 60) -> str:
        done = subprocess.run(
            [program, script, *arguments],
            cwd=HERE,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            env=os.environ | {"NO_UPDATE_NOTIFIER": "1"},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def chromium() -> str:
    """A browser of this machine; skipped, with the reason, without one."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or pytest.skip("no Chromium on PATH (Debian: apt install chromium): no page is opened")


@pytest.fixture(scope="session")
def kept() -> Path:
    """Where screenshots stay, for whoever wants to see them."""
    folder = Path(os.environ.get("TEST_ARTIFACTS", ".kasparro/artifacts")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
