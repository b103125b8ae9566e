"""Subscriptions when something gives way: readers that do not read, a database that restarts, a process beside."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from websockets.client import ClientProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from graphql_api.listening import WORDS_AT_MOST, Subscriber, TooSlow
from graphql_api.transport.slow_readers import REASON, PatientForAWhile
from models import migrate
from models.channels import DATASET
from models.db import Sessions, database
from models.private_postgres import private_postgres
from tests.factories import NOW, make_asset, publish
from tests.integration.api.client import OFFLINE
from tests.integration.api.subscribing import greeted, publish_prices, serving

MANY = 250
WORDY = """subscription { priceUpdates(first: 250) { assets {
    uid name symbol imageUrl price { priceUsd method asOf confidence } createdAt updatedAt marketCapUsd
} } }"""
ONE_SEAT = OFFLINE.model_copy(update={"subscription_connections": 1})
PUBLICATIONS = 10


async def _coins(sessions: Sessions, count: int) -> None:
    async with sessions.begin() as session:
        for number in range(count):
            await make_asset(
                session,
                f"coin-{number}",
                price_usd="1",
                market_cap_usd=1,
                image_url="https://x/" + "x" * 20_000,
            )
        await publish(session, version=1)


async def _publish_all(sessions: Sessions) -> None:
    async with sessions() as session:
        for number in range(PUBLICATIONS):
            await asyncio.sleep(0.1)
            await session.execute(
                text("UPDATE assets SET price_usd = price_usd + 1, updated_at = :at"),
                {"at": (at := NOW + timedelta(seconds=number + 1))},
            )
            await session.execute(
                text("UPDATE dataset_version SET version = version + 1, published_at = :at"), {"at": at}
            )
            await session.execute(text("SELECT pg_notify('kasparro_dataset', :word)"), {"word": str(number)})
            await session.commit()


class Unread:
    """A client on a bare socket: reads the greeting, subscribes to much, and then reads when it is told to."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(10)
        self.socket.connect((address.hostname, address.port))
        self.protocol = ClientProtocol(
            parse_uri(f"ws://{address.netloc}/graphql"),
            subprotocols=[Subprotocol("graphql-transport-ws")],
            max_size=None,
        )
        self.protocol.send_request(self.protocol.connect())
        self._send()
        self.protocol.receive_data(self.socket.recv(4096))
        self.protocol.send_text(b'{"type": "connection_init"}')
        self._send()
        self.protocol.receive_data(self.socket.recv(4096))
        asked = {"type": "subscribe", "id": "1", "payload": {"query": WORDY}}
        self.protocol.send_text(json.dumps(asked).encode())
        self._send()

    def _send(self) -> None:
        self.socket.sendall(b"".join(self.protocol.data_to_send()))

    def read(self) -> tuple[int, str] | None:
        """Read to the end; the close frame's code and reason."""
        while data := self.socket.recv(1_000_000):
            self.protocol.receive_data(data)
        said = self.protocol.close_rcvd
        return (said.code, said.reason) if said else None


async def test_who_reads_nothing_finds_out_why_when_reading_again(
    sessions: Sessions, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientForAWhile, "patience_seconds", 0.5)
    await _coins(sessions, MANY)
    with serving(database_url, OFFLINE) as url:
        unread = Unread(url)
        await asyncio.sleep(0.5)
        await _publish_all(sessions)
        await asyncio.sleep(1.5)
        assert await asyncio.to_thread(unread.read) == (1013, REASON)
        unread.socket.close()


async def test_who_never_reads_again_loses_the_seat_to_others(
    sessions: Sessions, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientForAWhile, "patience_seconds", 0.5)
    monkeypatch.setattr(PatientForAWhile, "farewell_seconds", 0.2)
    await _coins(sessions, MANY)
    with serving(database_url, ONE_SEAT) as url:
        unread = Unread(url)
        await asyncio.sleep(0.5)
        await _publish_all(sessions)
        await asyncio.sleep(1.5)
        async with greeted(url) as other:
            await other.subscribe("{ datasetVersion }")
            assert await other.next() == {"datasetVersion": PUBLICATIONS + 1}
        unread.socket.close()


async def test_who_falls_behind_by_a_hundred_is_left(sessions: Sessions, database_url: str) -> None:
    await _coins(sessions, 1)
    with serving(database_url, OFFLINE) as url:
        async with greeted(url) as one:
            await one.subscribe(WORDY)
            await asyncio.sleep(0.5)
            async with sessions.begin() as session:
                words = text("SELECT pg_notify('kasparro_dataset', n::text) FROM generate_series(1, 5000) n")
                await session.execute(words)
            code, reason = await one.closed()
    assert code == 1013
    assert reason.startswith("This client reads more slowly")


async def test_what_waits_for_a_subscriber_is_bounded() -> None:
    subscriber = Subscriber(DATASET)
    words = subscriber.words()
    assert await anext(words) is None
    for number in range(WORDS_AT_MOST):
        subscriber.tell(str(number))
    assert await anext(words) == "0"
    subscriber.tell("the last that fits")
    subscriber.tell("one too many")
    with pytest.raises(TooSlow, match="Subscribe again"):
        await anext(words)


async def test_two_processes_tell_the_same(sessions: Sessions, database_url: str) -> None:
    await _coins(sessions, 1)
    with serving(database_url, OFFLINE) as first, serving(database_url, OFFLINE) as second:
        async with greeted(first) as one, greeted(second) as other:
            for talk in (one, other):
                await talk.subscribe()
            await asyncio.sleep(1)
            await publish_prices(sessions, NOW + timedelta(seconds=1), **{"coin-0": "2"})
            assert await one.next() == await other.next()


async def test_a_database_that_restarts_is_heard_again(tmp_path: Path) -> None:
    root = tmp_path / "postgres"
    with private_postgres(root, fsync="off") as database_url:
        migrate.upgrade(database_url)
        async with database(database_url) as sessions:
            await _coins(sessions, 1)
            with serving(database_url, OFFLINE) as url:
                async with greeted(url) as one:
                    await one.subscribe()
                    await asyncio.sleep(0.5)
                    await publish_prices(sessions, NOW + timedelta(seconds=1), **{"coin-0": "2"})
                    assert (await one.next())["priceUpdates"]["changed"] == 1
                    await sessions.kw["bind"].dispose()
                    await asyncio.to_thread(_end_postgres, root)
                    with private_postgres(root, fsync="off"):
                        await publish_prices(sessions, NOW + timedelta(seconds=2), **{"coin-0": "3"})
                        told = (await one.next())["priceUpdates"]
                        assert (told["datasetVersion"], told["changed"]) == (3, 1)
                        await publish_prices(sessions, NOW + timedelta(seconds=3), **{"coin-0": "4"})
                        assert (await one.next())["priceUpdates"]["datasetVersion"] == 4


def _end_postgres(root: Path) -> None:
    (pid_file,) = root.rglob("postmaster.pid")
    pid = int(pid_file.read_text().splitlines()[0])
    os.kill(pid, signal.SIGINT)
    while pid_file.exists():
        time.sleep(0.05)
