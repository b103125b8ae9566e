"""A source's run that brings far fewer quotes than is usual is told, and loses nothing."""

from __future__ import annotations

import pytest

from flows.errors import AllRejected
from flows.workshop import Workshop
from models.outcomes import RunOutcome
from tests.integration.flows.tables import count
from tests.integration.flows.toy import Toy, toy_in


@pytest.fixture
async def toy(shop: Workshop) -> Toy:
    """A source of our own, empty."""
    return await toy_in(shop)


def _tell(toy: Toy, coins: int) -> None:
    toy.tell("/1", *({"id": f"c{number}", "price": number + 1} for number in range(coins)))


async def test_fewer_than_half_of_the_usual_is_told_and_used_and_nothing_is_retired(toy: Toy) -> None:
    _tell(toy, 10)
    for _ in range(3):
        assert (await toy.ingest()).outcome is RunOutcome.SUCCESS
    _tell(toy, 4)
    report = await toy.ingest()
    assert report.outcome is RunOutcome.PARTIAL
    assert report.error == "toy: quotes: 4 coins with a price where 10 are usual"
    assert "nothing is retired" in (report.remedy or "")
    assert await count(toy.shop.sessions, "SELECT count(*) FROM landed_quotes") == 10


async def test_half_of_the_usual_is_no_news_nor_are_few_where_nothing_is_usual_yet(toy: Toy) -> None:
    for coins in (10, 10, 1):
        _tell(toy, coins)
        assert (await toy.ingest()).outcome is RunOutcome.SUCCESS
    _tell(toy, 5)
    assert (await toy.ingest()).outcome is RunOutcome.SUCCESS


async def test_what_stays_so_becomes_the_usual(toy: Toy) -> None:
    for coins in (10, 10, 10, 1, 1, 1, 1):
        _tell(toy, coins)
        report = await toy.ingest()
    assert report.outcome is RunOutcome.SUCCESS


async def test_who_asks_for_fewer_gets_fewer(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    _tell(toy, 10)
    for _ in range(3):
        await toy.ingest()
    monkeypatch.setitem(toy.shop.env, "TOY_TOP_N", "4")  # type: ignore[arg-type] # a plain dict behind the Mapping
    _tell(toy, 4)
    assert (await toy.ingest()).outcome is RunOutcome.SUCCESS


@pytest.mark.parametrize("runs_before", [0, 3], ids=["nothing is usual yet", "ten are usual"])
async def test_a_run_that_had_every_record_rejected_has_failed(toy: Toy, runs_before: int) -> None:
    _tell(toy, 10)
    for _ in range(runs_before):
        await toy.ingest()
    toy.tell("/1", *({"id": f"c{number}", "price": 0} for number in range(10)))
    report = await toy.ingest()
    assert (report.outcome, report.rejected) == (RunOutcome.FAILED, 10)
    told = "toy: quotes: 10 records were rejected, and not one has a price that can be used"
    assert (report.error, report.remedy) == (told, AllRejected.remedy)
    landed = await count(toy.shop.sessions, "SELECT count(*) FROM landed_quotes")
    assert landed == (10 if runs_before else 0), "what was there before stays"


async def test_one_record_that_can_be_used_is_enough(toy: Toy) -> None:
    toy.tell("/1", {"id": "a", "price": 0}, {"id": "b", "price": 1})
    assert (await toy.ingest()).outcome is RunOutcome.SUCCESS
