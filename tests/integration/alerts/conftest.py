"""A small market with alerts on it, and a receiver of webhooks behind a real socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from flows.settings import FlowSettings
from flows.workshop import open_workshop
from models.alerts import AlertTerms
from models.store.alerts import create_alert
from tests.integration.decisions.world import NOW, World
from tests.servers import served

TOLD = "SELECT key, kind, state, attempts, title, error FROM notifications ORDER BY id"
NOBODY = "http://127.0.0.1:9"
STANDING = "SELECT state, times_fired FROM price_alerts ORDER BY id"


@dataclass(slots=True)
class Receiver:
    """A webhook's other end: what it was sent, and what it answers, by path."""

    url: str = ""
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    senders: set[str] = field(default_factory=set)
    statuses: dict[str, int] = field(default_factory=dict)
    asked: threading.Event = field(default_factory=threading.Event)
    answers: threading.Event = field(default_factory=threading.Event)
    """Cleared, it lets everybody wait, and refuses them in the end."""

    def __post_init__(self) -> None:
        self.answers.set()

    async def take(self, request: Request) -> Response:
        """Take what is sent."""
        path = request.url.path
        self.asked.set()
        self.senders.add(request.headers["user-agent"])
        if not self.answers.is_set():
            await asyncio.to_thread(self.answers.wait)
            return Response(status_code=503)
        if (status := self.statuses.get(path, 200)) == 200:
            self.received.append((path, await request.json()))
        return Response(status_code=status)

    def titles(self, path: str = "/hook") -> list[str]:
        """Tell the titles of what arrived at a path."""
        return [message["title"] for at, message in self.received if at == path]

    def address(self, path: str = "/hook") -> str:
        """Tell Apprise's URL of a path."""
        return self.url.replace("http://", "json://") + path


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that takes everything."""
    receiver = Receiver()
    app = Starlette(routes=[Route("/{path:path}", receiver.take, methods=["POST"])])
    with served(app) as receiver.url:
        yield receiver


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FlowSettings:
    """A workshop's settings, with nobody to tell, and no provider that answers."""
    monkeypatch.chdir(tmp_path)  # away from any .env
    (tmp_path / "data").mkdir()
    return FlowSettings(
        database_url=database_url,
        data_dir=tmp_path / "data",
        sandbox_url=NOBODY,
        retry_attempts=1,
        first_publication_waits_seconds=0,
    )


@pytest.fixture
async def world(settings: FlowSettings) -> AsyncIterator[World]:
    """A market that tells nobody."""
    async with open_workshop(settings) as shop:
        yield World(shop)


@pytest.fixture
async def telling(settings: FlowSettings, receiver: Receiver) -> AsyncIterator[World]:
    """A market that tells the receiver."""
    told = settings.model_copy(update={"notify_urls": SecretStr(receiver.address())})
    async with open_workshop(told) as shop:
        yield World(shop)


async def price(world: World, usd: str | None, *, minutes_ago: float = 0) -> None:
    """Let two sources quote bitcoin so, and publish."""
    coins = (
        ("coingecko", "bitcoin", "BTC", "Bitcoin", usd),
        ("coinpaprika", "btc-bitcoin", "BTC", "Bitcoin", usd),
    )
    await world.land(*coins, at=NOW - timedelta(minutes=minutes_ago))
    await world.publish()


async def alert(world: World, *terms: Any, uid: str = "bitcoin") -> int:  # noqa: ANN401 - the terms' own types
    """Make an alert."""
    return await create_alert(world.sessions, uid, AlertTerms(*terms), "anna", NOW)
