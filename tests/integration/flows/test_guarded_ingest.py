"""What a source's run does with quotes that a guard doubts: kept raw and held, landed nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from flows.workshop import Workshop
from models.outcomes import RunOutcome
from models.store.holds import release
from tests.integration.flows.tables import count, rows
from tests.integration.flows.toy import START, Toy, toy_in

RUN = timedelta(minutes=20)
HOLDS = "SELECT price_usd, reason, state, times_seen FROM held_quotes ORDER BY id"
LANDED = "SELECT price_usd, source_updated_at FROM landed_quotes"
POINTS = "SELECT price_usd FROM price_points ORDER BY observed_at"


@pytest.fixture
async def toy(shop: Workshop) -> Toy:
    """A source of our own, with a day of one coin at 1 dollar."""
    toy = await toy_in(shop)
    toy.tell("/1", {"id": "a", "price": 1})
    await toy.ingest()
    return toy


async def _ingest(toy: Toy, *coins: dict[str, object], runs: int = 1) -> None:
    toy.now = START + runs * RUN
    toy.tell("/1", *coins)
    assert (await toy.ingest()).outcome is RunOutcome.SUCCESS


async def test_what_is_held_is_kept_raw_and_lands_nowhere(toy: Toy) -> None:
    await _ingest(toy, {"id": "a", "price": 100})
    sessions = toy.shop.sessions
    assert await rows(sessions, HOLDS) == [(100, "unit_flip", "held", 1)]
    assert await rows(sessions, LANDED) == [(1, None)]
    assert await rows(sessions, POINTS) == [(1,)]
    assert await count(sessions, "SELECT count(*) FROM raw_records WHERE payload @> '{\"price\": 100}'") == 1


async def test_a_page_that_is_read_twice_counts_once_and_the_next_fetch_counts_again(toy: Toy) -> None:
    for _ in range(2):
        await _ingest(toy, {"id": "a", "price": 100})
    assert await rows(toy.shop.sessions, HOLDS) == [(100, "unit_flip", "held", 1)]
    await _ingest(toy, {"id": "a", "price": 100}, runs=2)
    assert await rows(toy.shop.sessions, HOLDS) == [(100, "unit_flip", "held", 2)]
    assert await count(toy.shop.sessions, "SELECT count(*) FROM held_points") == 2


async def test_observations_of_one_page_are_judged_in_their_order(toy: Toy) -> None:
    def at(minutes: int) -> str:
        return (START + timedelta(minutes=minutes)).isoformat()

    await _ingest(
        toy,
        {"id": "a", "price": 2, "at": at(15)},
        {"id": "a", "price": 100, "at": at(5)},
        {"id": "a", "price": 110, "at": at(10)},
    )
    assert await rows(toy.shop.sessions, HOLDS) == [(110, "unit_flip", "withdrawn", 2)]
    assert await rows(toy.shop.sessions, POINTS) == [(1,), (2,)]


async def test_a_time_that_has_not_come_yet_never_lands_not_even_released(toy: Toy) -> None:
    sessions, tomorrow = toy.shop.sessions, (START + timedelta(hours=20)).isoformat()
    await _ingest(toy, {"id": "a", "price": 1.1, "at": tomorrow})
    await _ingest(toy, {"id": "a", "price": 1.2, "at": tomorrow}, runs=2)
    assert [row[1:] for row in await rows(sessions, HOLDS)] == [("future_time", "held", 2)]
    hold_id = await count(sessions, "SELECT id FROM held_quotes")
    await release(sessions, hold_id, "ann", toy.now)
    assert [(float(price), at) for price, at in await rows(sessions, LANDED)] == [(1.2, None)]
    assert [float(price) for (price,) in await rows(sessions, POINTS)] == [1, 1.1, 1.2]
    await _ingest(toy, {"id": "a", "price": 3, "at": (START + 3 * RUN).isoformat()}, runs=3)
    assert (await rows(sessions, LANDED))[0][0] == 3, "and the next honest time is no older than it"
