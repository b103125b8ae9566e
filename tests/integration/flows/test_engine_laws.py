"""What ingest promises whatever a source does: whole pages, newest numbers, one run at a time, and nothing twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import pytest

from flows.engine import fetch_directly, ingest_source
from flows.pipeline import run_etl
from flows.sources.contract import Feed, Fetched, PageRequest, Source
from flows.unification import unify_and_publish
from flows.workshop import Workshop
from models.db import DatabaseUnavailable
from models.outcomes import RunOutcome
from models.store.runs import CRASHED, start_run
from models.tables import Run
from tests.integration.flows.conftest import OpenShop, Sandbox
from tests.integration.flows.tables import VOLATILE, WHAT_RUNS_DID, count, differences, dump, rows
from tests.integration.flows.toy import START, Killed, Toy, killed, toy_in

MARKETS = "/coingecko/api/v3/coins/markets"
POINTS = "SELECT observed_at, price_usd FROM price_points ORDER BY observed_at"


@pytest.fixture
async def toy(shop: Workshop) -> Toy:
    """A source of our own, empty."""
    return await toy_in(shop)


async def _prices(toy: Toy) -> dict[str, Decimal]:
    query = "SELECT source_id, price_usd FROM landed_quotes q JOIN listings l ON l.id = q.listing_id"
    return dict(await rows(toy.shop.sessions, query))


async def test_a_page_that_shifts_repeats_a_coin_and_the_newest_number_stays(toy: Toy) -> None:
    toy.tell(
        "/1", {"id": "a", "price": 1, "at": "2026-06-26T09:00:00Z"}, {"id": "b", "price": 2}, next_path="/2"
    )
    toy.tell("/2", {"id": "a", "price": 3, "at": "2026-06-26T09:01:00Z"}, {"id": "c", "price": 4})
    report = await toy.ingest()
    assert (report.outcome, report.fetched) == (RunOutcome.SUCCESS, 4)
    assert (report.new, report.changed, report.unchanged) == (3, 1, 0)
    assert await _prices(toy) == {"a": 3, "b": 2, "c": 4}


async def test_a_coin_twice_on_one_page_is_one_quote_the_newest(toy: Toy) -> None:
    toy.tell(
        "/1",
        {"id": "a", "price": 3, "at": "2026-06-26T09:01:00Z"},
        {"id": "a", "price": 1, "at": "2026-06-26T09:00:00Z"},
    )
    report = await toy.ingest()
    assert (report.new, report.fetched) == (1, 2)
    assert await _prices(toy) == {"a": 3}
    assert [price for _, price in await rows(toy.shop.sessions, POINTS)] == [1, 3]


async def test_real_pages_that_overlap_bring_every_coin_once(
    open_shop: OpenShop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINGECKO_TOP_N", "500")
    for start in (0, 249):
        page = [
            {"id": f"coin-{n}", "symbol": "c", "name": "C", "current_price": n + 1}
            for n in range(start, start + 250)
        ]
        sandbox.script(MARKETS, body=orjson.dumps(page).decode())
    async with open_shop() as shop:
        report = await ingest_source(shop, "coingecko")
        assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
        assert await count(shop.sessions, "SELECT count(*) FROM landed_quotes") == 499
    assert sandbox.asked(MARKETS) == 2


async def test_pages_that_go_in_circles_are_left(toy: Toy) -> None:
    toy.tell("/1", {"id": "a", "price": 1}, next_path="/2")
    toy.tell("/2", {"id": "b", "price": 1}, next_path="/1")
    report = await toy.ingest()
    assert report.outcome is RunOutcome.FAILED
    assert report.error == "toy: quotes: page /1 comes round again"
    assert toy.asked == ["/1", "/2"]
    assert await _prices(toy) == {"a": 1, "b": 1}


async def test_too_few_records_fail_the_source_and_what_came_is_kept(shop: Workshop) -> None:
    toy = await toy_in(shop, at_least=3)
    toy.tell("/1", {"id": "a", "price": 1}, {"id": "b", "price": 1})
    report = await toy.ingest()
    assert report.outcome is RunOutcome.FAILED
    assert report.error is not None
    assert "2 records where about 10 are usual" in report.error
    assert await _prices(toy) == {"a": 1, "b": 1}
    assert await rows(shop.sessions, "SELECT records, completed_at FROM etl_checkpoints") == [(2, None)]


async def test_a_stale_page_never_overwrites_newer_numbers(toy: Toy) -> None:
    toy.tell("/1", {"id": "a", "price": 2, "at": "2026-06-26T09:10:00Z"})
    await toy.ingest()
    toy.tell("/1", {"id": "a", "price": 1, "at": "2026-06-26T09:00:00Z"})
    report = await toy.ingest()
    assert (report.new, report.changed, report.unchanged) == (0, 0, 1)
    assert await _prices(toy) == {"a": 2}
    assert [price for _, price in await rows(toy.shop.sessions, POINTS)] == [1, 2], (
        "history takes it at its own time"
    )


async def test_quotes_without_a_time_make_one_point_a_change(toy: Toy) -> None:
    for minute, price in enumerate([1, 1, 1, 2, 2, 1]):
        toy.now = START + timedelta(minutes=minute)
        toy.tell("/1", {"id": "a", "price": price})
        await toy.ingest()
    points = await rows(toy.shop.sessions, POINTS)
    assert [(at - START, price) for at, price in points] == [
        (timedelta(minutes=0), 1),
        (timedelta(minutes=3), 2),
        (timedelta(minutes=5), 1),
    ]


async def test_the_same_answer_again_is_no_change_and_no_new_row(toy: Toy) -> None:
    toy.tell("/1", {"id": "a", "price": 2, "at": "2026-06-26T09:10:00Z"}, {"id": "bad"})
    await toy.ingest()
    before = await dump(
        toy.shop.sessions, without=WHAT_RUNS_DID, masked=("updated_at", "completed_at", "run_id")
    )
    toy.now += timedelta(minutes=5)
    report = await toy.ingest()
    after = await dump(
        toy.shop.sessions, without=WHAT_RUNS_DID, masked=("updated_at", "completed_at", "run_id")
    )
    assert (report.new, report.changed, report.unchanged, report.rejected) == (0, 0, 1, 1)
    assert differences(before, after) == {}


async def test_counts_add_up_to_what_was_fetched(toy: Toy) -> None:
    toy.tell("/1", *({"id": str(n), "price": n} for n in range(20)))
    report = await toy.ingest()
    assert report.new + report.changed + report.unchanged + report.rejected == report.fetched == 20
    assert report.rejected == 1, "a price of zero"


async def test_a_second_run_of_the_same_source_is_skipped(toy: Toy) -> None:
    toy.tell("/1", {"id": "a", "price": 1})
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow(shop: Workshop, source: Source, feed: Feed, request: PageRequest) -> Fetched:
        arrived.set()
        await go_on.wait()
        return await toy.fetch(shop, source, feed, request)

    first = asyncio.create_task(ingest_source(toy.shop, "toy", fetch=slow))
    await arrived.wait()
    second = await toy.ingest()
    told = "SELECT outcome, error FROM etl_runs ORDER BY id"
    assert await rows(toy.shop.sessions, told) == [("running", None), ("skipped", second.error)]
    go_on.set()
    assert second.outcome is RunOutcome.SKIPPED
    assert second.error == "toy: another run of this source is under way"
    assert (await first).outcome is RunOutcome.SUCCESS
    assert (await toy.ingest()).outcome is RunOutcome.SUCCESS, "the lock is given back"


async def test_a_second_whole_run_is_skipped(open_shop: OpenShop) -> None:
    async with open_shop() as one, open_shop() as other:
        reports = await asyncio.gather(run_etl(one, ["coinpaprika"]), run_etl(other, ["coinpaprika"]))
        outcomes = sorted(report.outcome for report in reports)
        assert outcomes == [RunOutcome.SKIPPED, RunOutcome.SUCCESS]
        told = "SELECT outcome, error FROM etl_runs WHERE flow = 'etl' ORDER BY outcome"
        assert await rows(one.sessions, told) == [
            ("skipped", "another etl run is under way"),
            ("success", None),
        ]


async def test_a_run_left_running_is_closed_by_the_next(toy: Toy) -> None:
    async with toy.shop.sessions.begin() as session:
        dead = await start_run(
            session, Run(flow="ingest", source="toy", outcome=RunOutcome.RUNNING, started_at=START)
        )
        other = await start_run(
            session, Run(flow="ingest", source="coingecko", outcome=RunOutcome.RUNNING, started_at=START)
        )
    toy.tell("/1", {"id": "a", "price": 1})
    await toy.ingest()
    found = await rows(toy.shop.sessions, "SELECT id, outcome, error FROM etl_runs ORDER BY id")
    assert found == [(dead, "failed", CRASHED), (other, "running", None), (other + 1, "success", None)]


async def _stamped(shop: Workshop, source: Source, feed: Feed, request: PageRequest) -> Fetched:
    """Fetch for real, and say that it was at the start."""
    return replace(await fetch_directly(shop, source, feed, request), fetched_at=START)


async def _killed_at_page_two(shop: Workshop, source: Source, feed: Feed, request: PageRequest) -> Fetched:
    if request.params.get("page") == "2":
        raise Killed
    return await _stamped(shop, source, feed, request)


async def test_a_run_killed_between_pages_and_the_next_leave_what_one_run_leaves(
    open_shop: OpenShop, second_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINGECKO_TOP_N", "500")
    async with open_shop() as shop:
        with killed():
            await ingest_source(shop, "coingecko", fetch=_killed_at_page_two)
        assert await count(shop.sessions, "SELECT count(*) FROM landed_quotes") == 250, (
            "the first page is whole"
        )
        assert await count(shop.sessions, "SELECT version FROM dataset_version") == 0, (
            "and nobody sees it yet"
        )
        report = await ingest_source(shop, "coingecko", fetch=_stamped)
        assert (report.outcome, report.new, report.unchanged) == (RunOutcome.SUCCESS, 250, 250)
        await unify_and_publish(shop)
        mended = await dump(shop.sessions, without=WHAT_RUNS_DID, masked=VOLATILE)
        outcomes = await rows(shop.sessions, "SELECT outcome FROM etl_runs WHERE flow = 'ingest' ORDER BY id")
    async with open_shop(url=second_database_url) as shop:
        assert (await ingest_source(shop, "coingecko", fetch=_stamped)).new == 500
        await unify_and_publish(shop)
        undisturbed = await dump(shop.sessions, without=WHAT_RUNS_DID, masked=VOLATILE)
    assert outcomes == [("failed",), ("success",)]
    assert differences(mended, undisturbed) == {}
    assert len(undisturbed["quotes"]) == 500


async def test_a_database_of_simulated_prices_refuses_real_ones(open_shop: OpenShop) -> None:
    async with open_shop() as shop:
        assert await count(shop.sessions, "SELECT upstream FROM dataset_version") == "SANDBOX"
    with pytest.raises(DatabaseUnavailable, match="holds SANDBOX prices and UPSTREAM is LIVE"):
        async with open_shop(upstream="LIVE"):
            pytest.fail("the workshop opened")


async def test_what_nobody_foresaw_fails_one_source_and_not_the_run(toy: Toy) -> None:
    report = await run_etl(toy.shop, ["toy", "coinpaprika"], top_n=10)
    assert {source.source: source.outcome for source in report.sources} == {
        "toy": RunOutcome.FAILED,
        "coinpaprika": RunOutcome.SUCCESS,
    }
    assert report.outcome is RunOutcome.PARTIAL


async def test_a_source_in_two_months_of_history_finds_room_in_both(toy: Toy) -> None:
    toy.tell(
        "/1",
        {"id": "a", "price": 1, "at": "2019-01-31T23:59:59Z"},
        {"id": "b", "price": 2, "at": "2019-02-01T00:00:00Z"},
    )
    await toy.ingest()
    assert await rows(toy.shop.sessions, POINTS) == [
        (datetime(2019, 1, 31, 23, 59, 59, tzinfo=UTC), 1),
        (datetime(2019, 2, 1, tzinfo=UTC), 2),
    ]
