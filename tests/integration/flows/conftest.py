"""Workshops on a real database, against sandboxes behind real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from flows.sandbox.app import create_app
from flows.sandbox.settings import SandboxSettings
from flows.settings import FlowSettings
from flows.workshop import Workshop, open_workshop
from tests.servers import served

AGENT = {"user-agent": "kasparro-tests/1.0 (+https://example.org)"}
STILL = "2026-06-26T09:50:30Z"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A sandbox that runs, and its controls."""

    url: str
    control: httpx.Client

    def script(self, path: str, **order: object) -> None:
        """Answer the next requests below a path as ordered."""
        self.control.put("/_sandbox/answers", json={"path_prefix": path, **order}).raise_for_status()

    def move(self, at: str) -> None:
        """Set the clock to a moment and let it stand still."""
        self.control.put("/_sandbox/clock", json={"at": at, "speed": 0}).raise_for_status()

    def forget(self) -> None:
        """Forget what was scripted and seen, and go back to the moment where all tests begin."""
        for path in ("/_sandbox/answers", "/_sandbox/requests"):
            self.control.delete(path).raise_for_status()
        self.move(STILL)

    def asked(self, path: str = "") -> int:
        """Count the requests below a path."""
        counts = self.control.get("/_sandbox/requests").json()["counts"]
        return sum(count for seen, count in counts.items() if seen.startswith(path))


@contextmanager
def sandbox_of(settings: SandboxSettings) -> Iterator[Sandbox]:
    """Run a sandbox with these settings."""
    with (
        served(create_app(settings)) as url,
        httpx.Client(base_url=url, headers=AGENT, timeout=30) as control,
    ):
        yield Sandbox(url, control)


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox for all tests here, its market large enough for every feed's usual volume."""
    with sandbox_of(SandboxSettings(size=1_600, speed=0)) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox with nothing scripted, its clock standing still."""
    running_sandbox.forget()
    yield running_sandbox
    running_sandbox.forget()


OpenShop = Callable[..., AbstractAsyncContextManager[Workshop]]


@pytest.fixture
def open_shop(
    database_url: str, tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> OpenShop:
    """Open workshops on the test's database and the sandbox; keywords change the settings, `url` the database."""
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)  # away from any .env
    for name in ("COINGECKO", "COINPAPRIKA", "COINCAP"):
        for part in ("API_KEY", "PLAN", "BASE_URL", "TOP_N", "MONTHLY_BUDGET"):
            monkeypatch.delenv(f"{name}_{part}", raising=False)
        monkeypatch.setenv(f"{name}_REQUESTS_PER_MINUTE", "60000")  # the sandbox does not mind
    monkeypatch.delenv("CGEKO_KEY", raising=False)

    @asynccontextmanager
    async def shop(url: str = database_url, **said: object) -> AsyncIterator[Workshop]:
        values = {
            "database_url": url,
            "data_dir": tmp_path / "data",
            "sandbox_url": sandbox.url,
            "retry_attempts": 1,
            "retry_patience_seconds": 5,
            "first_publication_waits_seconds": 0,
        } | said
        async with open_workshop(FlowSettings(**values)) as opened:  # type: ignore[arg-type]
            yield opened

    return shop


@pytest.fixture
async def shop(open_shop: OpenShop) -> AsyncIterator[Workshop]:
    """A workshop on the test's database and the sandbox, that tries everything once."""
    async with open_shop() as opened:
        yield opened


async def eventually(condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds, or fail."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.01)
