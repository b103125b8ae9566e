"""What the API answers while something it stands on is away: Prefect's server, or PostgreSQL."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from typing import Any

import httpx

from tests.e2e.conftest import eventually
from tests.e2e.faults.moments import any_moment, await_moment
from tests.e2e.faults.reading import Answer, ask, reading
from tests.e2e.faults.registry import SETTLED, case
from tests.e2e.faults.world import World

AWAY_SECONDS = (1.0, 5.0)
BACK_WITHIN_SECONDS = 60
NEVER_ASKED = "{ datasetVersion assets(first: 7) { nodes { name } } }"
TRIGGER = "mutation { triggerRun { prefectRunId } }"


@case("api-without-prefect", "the network between the API and Prefect's server is cut", under_prefect=True)
def api_without_prefect(world: World, chance: random.Random) -> None:
    """Ask for a run meanwhile: the answer says what is away and what to do. Reads go on; afterwards a run starts."""
    whole = world.whole
    eventually(lambda: ask(whole.api_url) is Answer.FRESH)
    with reading(whole.api_url) as heard:
        whole.api_to_server.cut()
        refused = _trigger(world)
        time.sleep(chance.uniform(*AWAY_SECONDS))
        whole.api_to_server.mend()
        started = _trigger(world)
    (error,) = refused["errors"]
    assert error["extensions"]["code"] == "UNAVAILABLE", refused
    assert "PREFECT_API_URL" in error["message"], refused
    assert heard.keys() == {Answer.FRESH}, heard
    whole.until_ended(started["data"]["triggerRun"]["prefectRunId"])


@case("api-cut-off", "the network between the API and PostgreSQL is cut, under a run", under_prefect=True)
def api_cut_off(world: World, chance: random.Random) -> None:
    """Cut it for some seconds: what was asked before is answered from a copy that says so, anything else with an error."""
    wire = world.whole.api_to_postgres
    _until_kept(world)
    run = world.whole.trigger()
    await_moment(world, None, any_moment(chance), chance)
    wire.cut()
    heard = _while_away(world, chance)
    wire.mend()
    _expect_stand_ins(world, heard)
    world.whole.until_ended(run)


@case(
    "postgres-restarts",
    "PostgreSQL stops and starts again while the API is asked",
    starts=SETTLED,
    under_prefect=True,
)
def postgres_restarts(world: World, chance: random.Random) -> None:
    """Stop it as an upgrade of it does, and ask on."""
    _until_kept(world)
    world.postgres.signal(signal.SIGINT)
    world.postgres.until_down()
    heard = _while_away(world, chance)
    started = _trigger(world)
    world.postgres.start()
    _expect_stand_ins(world, heard)
    world.whole.until_ended(started["data"]["triggerRun"]["prefectRunId"])


@case(
    "disk-full-read",
    "no room on PostgreSQL's disk while the API is asked, under a run",
    starts=SETTLED,
    under_prefect=True,
)
def disk_full_read(world: World, chance: random.Random) -> None:
    """Fill the disk: reading needs none. Where PostgreSQL ends of it, older answers stand in until it is back."""
    world.postgres.require_disk()
    _until_kept(world)
    run = world.whole.trigger()
    await_moment(world, None, any_moment(chance), chance)
    with reading(world.whole.api_url) as heard:
        with world.postgres.full_disk():
            time.sleep(chance.uniform(*AWAY_SECONDS))
        world.postgres.start()
        world.postgres.until_answers()
    assert heard.keys() <= {Answer.FRESH, Answer.STALE}, heard
    world.whole.until_ended(run)
    eventually(lambda: ask(world.whole.api_url) is Answer.FRESH, BACK_WITHIN_SECONDS)


def _until_kept(world: World) -> None:
    """Have it answer from this trial's database, and keep that."""
    url = world.whole.api_url
    for _ in range(2):  # after a second look, copies are given again
        eventually(lambda: ask(url) is Answer.FRESH)
        time.sleep(1)


def _while_away(world: World, chance: random.Random) -> Counter[Answer]:
    with reading(world.whole.api_url) as heard:
        time.sleep(chance.uniform(*AWAY_SECONDS))
        never = ask(world.whole.api_url, NEVER_ASKED)
    assert never is Answer.REFUSED, never
    return heard


def _expect_stand_ins(world: World, heard: Counter[Answer]) -> None:
    """While the database was away every answer was an older one, and now new ones come by themselves."""
    assert heard.keys() == {Answer.STALE}, heard
    eventually(lambda: ask(world.whole.api_url) is Answer.FRESH, BACK_WITHIN_SECONDS)


def _trigger(world: World) -> dict[str, Any]:
    answer = httpx.post(f"{world.whole.api_url}/graphql", json={"query": TRIGGER}, timeout=60)
    said: dict[str, Any] = answer.json()
    return said
