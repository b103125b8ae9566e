"""Readers and subscribers while runs publish: no error, no torn answer, and reading hardly slower.

Between two runs the database is asked what each version's prices are. An answer says which version it is of: every
price in it must be that version's, or it mixes two.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import orjson

from tests.e2e.api_process import api_process
from tests.e2e.faults.world import Start, World
from tests.integration.api.subscribing import greeted

READERS, SUBSCRIBERS, RUNS = 200, 20, 10
WARM_SECONDS, IDLE_SECONDS = 10, 20
PAUSE_SECONDS = (1.5, 2.5)
"""Between two questions of one reader: 200 of them ask a hundred times a second."""
WITHIN_TIMES_IDLE = 3
APART = timedelta(minutes=5)
NODES = "nodes { uid price { priceUsd } quotes { source sourceId priceUsd } }"
PAGE = f"{{ datasetVersion first: assets(first: 50) {{ {NODES} }} again: assets(first: 50) {{ {NODES} }} }}"
TOLD = "subscription { priceUpdates(first: 250) { datasetVersion assets { uid price { priceUsd } } } }"
_VERSION = "SELECT version FROM dataset_version"
_ASSETS = "SELECT uid, price_usd FROM assets"
_QUOTES = "SELECT source || ' ' || source_id, price_usd FROM quotes JOIN listings ON id = listing_id"

Prices = Mapping[str, Decimal | None]


@dataclass(slots=True)
class Load:
    """What readers and subscribers met."""

    truth: dict[int, Prices] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(
        default_factory=lambda: {"warming up": [], "idle": [], "during runs": []}
    )
    phase: str = "warming up"
    statuses: Counter[str] = field(default_factory=Counter)
    answers: Counter[bytes] = field(default_factory=Counter)
    """Judged at the end, when every version's prices are known; most are the same bytes."""
    told: Counter[str] = field(default_factory=Counter)

    @property
    def torn(self) -> int:
        """How many answers said something that is not of the version they named."""
        pages = [(orjson.loads(body)["data"], count) for body, count in self.answers.items()]
        updates = [(orjson.loads(word)["payload"]["data"], count) for word, count in self.told.items()]
        said = [(one["datasetVersion"], one["first"]["nodes"] + one["again"]["nodes"], n) for one, n in pages]
        said += [
            (one["priceUpdates"]["datasetVersion"], one["priceUpdates"]["assets"], n) for one, n in updates
        ]
        return sum(n for version, assets, n in said if not self._is_of(version, assets))

    def _is_of(self, version: int, assets: list[dict[str, Any]]) -> bool:
        said = {one["uid"]: _price(one["price"]) for one in assets}
        for one in assets:
            said |= {f"{q['source']} {q['sourceId']}": _price(q) for q in one.get("quotes", ())}
        return said.items() <= self.truth.get(version, {}).items()

    def p99(self, phase: str) -> float:
        """The time that one answer of a hundred took longer than, in seconds."""
        found = sorted(self.seconds[phase])
        return found[int(len(found) * 0.99)]

    def problems(self) -> list[str]:
        """List what was not as promised."""
        ratio = self.p99("during runs") / self.p99("idle")
        bad = {status: count for status, count in self.statuses.items() if status != "200"}
        said = {
            f"answers that were not 200: {bad}": bad,
            f"{self.torn} torn answers": self.torn,
            f"reads took {ratio:.1f} times as long during runs": ratio > WITHIN_TIMES_IDLE,
            "no subscriber was told anything": not self.told,
            "nothing was published": len(self.truth) <= RUNS,
        }
        return [problem for problem, is_one in said.items() if is_one]


def load(world: World) -> Load:
    """Read and subscribe, at first while nothing runs, then while ten runs follow each other."""
    world.begin(Start.BEGUN)
    found = Load()
    with api_process(world.url, RATE_LIMIT="", DATABASE_READ_CONNECTIONS="8") as api:
        asyncio.run(_whole(world, found, api.url))
    return found


async def _whole(world: World, found: Load, url: str) -> None:
    _learn(world, found)
    async with _asking(found, url):
        await asyncio.sleep(WARM_SECONDS)
        found.phase = "idle"
        await asyncio.sleep(IDLE_SECONDS)
        found.phase = "during runs"
        for _ in range(RUNS):
            world.move_market(APART)
            await asyncio.to_thread(world.run)
            _learn(world, found)


@asynccontextmanager
async def _asking(found: Load, url: str) -> AsyncIterator[None]:
    # A connection is let go before the server does, which is after 5 s: both at once would be an error of nobody.
    limits = httpx.Limits(max_connections=READERS, max_keepalive_connections=READERS, keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=limits) as client:
        asked = [asyncio.create_task(_read(found, client, seed)) for seed in range(READERS)]
        heard = [asyncio.create_task(_listen(found, url)) for _ in range(SUBSCRIBERS)]
        try:
            yield
        finally:
            ended = [task for task in (*asked, *heard) if task.done()]
            for task in (*asked, *heard):
                task.cancel()
            await asyncio.gather(*asked, *heard, return_exceptions=True)
            for task in ended:
                task.result()


async def _read(found: Load, client: httpx.AsyncClient, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same every time is the point
    while True:
        await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
        phase, began = found.phase, time.monotonic()
        try:
            answer = await client.post("/graphql", json={"query": PAGE})
        except httpx.TransportError as error:
            found.statuses[repr(error)] += 1
            continue
        found.seconds[phase].append(time.monotonic() - began)
        found.statuses[str(answer.status_code)] += 1
        if answer.is_success:
            found.answers[answer.content] += 1


async def _listen(found: Load, url: str) -> None:
    async with greeted(url) as talk:
        await talk.subscribe(TOLD)
        while True:
            word = str(await talk.socket.recv())
            if orjson.loads(word)["type"] == "next":
                found.told[word] += 1


def _learn(world: World, found: Load) -> None:
    """Ask the database, while nothing runs, what the prices of its version are."""
    ((version,),) = world.ask(_VERSION)
    found.truth[int(str(version))] = dict(world.ask(_ASSETS) + world.ask(_QUOTES))  # type: ignore[arg-type]


def _price(said: dict[str, Any] | None) -> Decimal | None:
    price = said and said["priceUsd"]
    return Decimal(price) if price is not None else None
