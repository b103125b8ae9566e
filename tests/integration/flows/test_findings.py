"""What a run of Prefect's leaves for people: its own rejects and new fields, and every doubt there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.findings import find
from flows.workshop import Workshop
from tests.integration.flows.toy import Toy, toy_in


@pytest.fixture
async def toy(shop: Workshop) -> Toy:
    """A source of our own, brought in by a run of Prefect's."""
    return await toy_in(replace(shop, prefect_run_id="first"))


async def test_each_run_shows_what_it_was_the_first_to_find(toy: Toy) -> None:
    toy.tell("/1", {"id": "a", "price": 1, "colour": "red"}, {"price": 2})
    await toy.ingest()
    found = await find(toy.shop.sessions, "first")
    assert [row["source"] for row in found.rejects] == ["toy"]
    assert found.rejects[0].keys() == {"source", "record id", "reason", "detail"}
    assert [(row["source"], row["field"]) for row in found.drift] == [("toy", "colour")]
    assert found.reviews == []

    toy.shop = replace(toy.shop, prefect_run_id="second")
    toy.tell("/1", {"id": "a", "price": 1, "colour": "red"}, {"price": 2})
    await toy.ingest()
    later = await find(toy.shop.sessions, "second")
    assert (later.rejects, later.drift) == ([], [])


async def test_a_run_that_recorded_nothing_found_nothing(shop: Workshop) -> None:
    found = await find(shop.sessions, "nonesuch")
    assert (found.rejects, found.reviews, found.drift) == ([], [], [])
