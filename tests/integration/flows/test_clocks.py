"""A clock that was wrong for a while: what it dated must not hold the right time up."""

from __future__ import annotations

from datetime import timedelta

from flows.unification import unify_and_publish
from flows.workshop import Workshop, now
from tests.integration.flows.tables import count
from tests.integration.flows.toy import Toy, toy_in

PRICE = "SELECT price_usd FROM assets WHERE uid = 'b'"


def _tell(toy: Toy, price: int) -> None:
    """Tell of a coin that nobody trades, and of one with a new price."""
    at = now().isoformat()
    toy.tell("/1", {"id": "a", "price": 1, "at": at[:10]}, {"id": "b", "price": price, "at": at})


async def test_a_run_whose_clock_was_ahead_takes_no_later_run_its_prices(shop: Workshop) -> None:
    toy = await toy_in(shop)
    toy.now = now() + timedelta(days=2)
    _tell(toy, 5)
    await toy.ingest()
    await unify_and_publish(toy.shop)
    toy.now = now()
    _tell(toy, 6)
    await toy.ingest()
    await unify_and_publish(toy.shop)
    assert await count(shop.sessions, PRICE) == 6
