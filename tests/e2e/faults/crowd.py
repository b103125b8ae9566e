"""Readers and subscribers in a process of their own, which does nothing but ask, listen and look at the clock.

They stand for people on other machines: where this account may, the process goes before those that it measures. How
late it was itself is written down beside what it measured.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

import httpx
import orjson

from tests.integration.api.subscribing import greeted

PAUSE_SECONDS = (1.5, 2.5)
"""Between two questions of one reader: 200 of them ask a hundred times a second."""
GO_FIRST = -10
PATIENCE_SECONDS = 60
NODES = "nodes { uid price { priceUsd } quotes { source sourceId priceUsd } }"
PAGE = f"{{ datasetVersion first: assets(first: 50) {{ {NODES} }} again: assets(first: 50) {{ {NODES} }} }}"
TOLD = "subscription { priceUpdates(first: 250) { datasetVersion assets { uid price { priceUsd } } } }"


@dataclass(frozen=True, slots=True)
class Read:
    """One question: when it was sent, how long its answer took, and how much later than meant it was sent."""

    at: float
    seconds: float
    late: float


@dataclass(slots=True)
class Heard:
    """What readers and subscribers met."""

    reads: list[Read] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    answers: Counter[bytes] = field(default_factory=Counter)
    """Judged at the end, when every version's prices are known; most are the same bytes."""
    told: Counter[str] = field(default_factory=Counter)


@contextmanager
def crowd(url: str, readers: int, subscribers: int) -> Iterator[Callable[[], Heard]]:
    """Have them for the length of the block; call what is yielded to end them, and learn what they met."""
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=_crowd, args=(theirs, url, readers, subscribers))
    process.start()

    def end() -> Heard:
        ours.send("enough")
        assert ours.poll(PATIENCE_SECONDS), "the readers do not end"
        heard = ours.recv()
        if isinstance(heard, Exception):
            raise heard
        assert isinstance(heard, Heard)
        return heard

    try:
        yield end
    finally:
        process.kill()
        process.join()


def _crowd(pipe: Connection, url: str, readers: int, subscribers: int) -> None:
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, GO_FIRST)
    pipe.send(asyncio.run(_until_told(pipe, url, readers, subscribers)))


async def _until_told(pipe: Connection, url: str, readers: int, subscribers: int) -> Heard | Exception:
    heard = Heard()
    try:
        async with _asking(heard, url, readers, subscribers):
            await asyncio.to_thread(pipe.recv)
    except Exception as failure:  # noqa: BLE001 - whoever started this process raises it
        return failure
    return heard


@asynccontextmanager
async def _asking(heard: Heard, url: str, readers: int, subscribers: int) -> AsyncIterator[None]:
    # A connection is let go before the server does, which is after 5 s: both at once would be an error of nobody.
    limits = httpx.Limits(max_connections=readers, max_keepalive_connections=readers, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
        tasks = [asyncio.create_task(_read(heard, client, seed)) for seed in range(readers)]
        tasks += [asyncio.create_task(_listen(heard, url)) for _ in range(subscribers)]
        try:
            yield
        finally:
            ended = [task for task in tasks if task.done()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for task in ended:
                task.result()


async def _read(heard: Heard, client: httpx.AsyncClient, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same every time is the point
    while True:
        due = time.monotonic() + (pause := chance.uniform(*PAUSE_SECONDS))
        await asyncio.sleep(pause)
        began = time.monotonic()
        try:
            answer = await client.post("/graphql", json={"query": PAGE})
        except httpx.TransportError as error:
            heard.statuses[repr(error)] += 1
            continue
        heard.reads.append(Read(began, time.monotonic() - began, began - due))
        heard.statuses[str(answer.status_code)] += 1
        if answer.is_success:
            heard.answers[answer.content] += 1


async def _listen(heard: Heard, url: str) -> None:
    async with greeted(url) as talk:
        await talk.subscribe(TOLD)
        while True:
            word = str(await talk.socket.recv())
            if orjson.loads(word)["type"] == "next":
                heard.told[word] += 1
