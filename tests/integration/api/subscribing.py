"""Clients of subscriptions, for tests: over a WebSocket, or over server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from graphql_api.app import create_app
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.settings import DatabaseSettings
from models.store.publish import next_version
from tests.servers import served

WEBSOCKETS = "graphql_api.transport.slow_readers:PatientForAWhile"
PRICES = (
    "subscription ($uids: [String!]) { priceUpdates(uids: $uids) { datasetVersion changed assets { uid } } }"
)
PATIENCE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Talk:
    """One client's side of a conversation in graphql-transport-ws."""

    socket: ClientConnection

    async def say(self, kind: str, **parts: object) -> None:
        """Send a message."""
        await self.socket.send(json.dumps({"type": kind, **parts}))

    async def hear(self) -> dict[str, Any]:
        """Wait for the next message."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return dict(json.loads(await self.socket.recv()))

    async def greet(self, **payload: object) -> None:
        """Begin, with what connection_init may carry."""
        await self.say("connection_init", payload=payload)
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, query: str = PRICES, id: str = "1", **variables: object) -> None:  # noqa: A002 - the protocol's word
        """Ask for what comes."""
        await self.say("subscribe", id=id, payload={"query": query, "variables": variables})

    async def next(self, id: str = "1") -> dict[str, Any]:  # noqa: A002 - the protocol's word
        """Wait for data; an error fails the test."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("next", id), message
        assert "errors" not in message["payload"], message
        return dict(message["payload"]["data"])

    async def refused(self) -> tuple[str, str]:
        """Wait for an operation's refusal; its code and message."""
        message = await self.hear()
        assert message["type"] == "error", message
        (error,) = message["payload"]
        return error["extensions"]["code"], error["message"]

    async def closed(self) -> tuple[int, str]:
        """Wait for the server to end it; the close frame's code and reason."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.socket.wait_closed()
        return self.socket.close_code or 0, self.socket.close_reason or ""


@asynccontextmanager
async def talk(url: str, protocol: str = "graphql-transport-ws", **options: Any) -> AsyncIterator[Talk]:  # noqa: ANN401 - what `connect` takes
    """Open a socket to the API at an HTTP URL."""
    address = f"{url.replace('http', 'ws')}/graphql"
    async with connect(address, subprotocols=[Subprotocol(protocol)], **options) as socket:
        yield Talk(socket)


@asynccontextmanager
async def greeted(url: str, **payload: object) -> AsyncIterator[Talk]:
    """Open a socket and have it acknowledged."""
    async with talk(url) as one:
        await one.greet(**payload)
        yield one


@contextmanager
def serving(database_url: str, settings: ApiSettings) -> Iterator[str]:
    """Serve the application on a socket, over a pool of its own."""
    app = create_app(settings, DatabaseSettings(database_url=database_url))
    with served(app, WEBSOCKETS, "graphql_api.transport.whole_answers:WholeAnswers") as url:
        yield url


@asynccontextmanager
async def events(url: str, query: str, **variables: object) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """Subscribe over server-sent events; yields them as (event, data)."""
    body = {"query": query, "variables": variables}
    headers = {"accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(timeout=PATIENCE_SECONDS) as client,
        client.stream("POST", f"{url}/graphql", json=body, headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer)


async def _events(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    event = ""
    async for line in answer.aiter_lines():
        if line.startswith("event: "):
            event = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield event, json.loads(line.removeprefix("data: ") or "null")


async def publish_prices(sessions: Sessions, at: datetime, **prices: str) -> None:
    """Publish prices as a run does: assets change, the version grows, whoever listens is told."""
    async with sessions.begin() as session:
        for uid, price in prices.items():
            await session.execute(
                text("UPDATE assets SET price_usd = :price, updated_at = :at WHERE uid = :uid"),
                {"price": Decimal(price), "at": at, "uid": uid},
            )
        await next_version(session, at)
