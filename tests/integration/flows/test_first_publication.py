"""The first publication waits, a while, until every provider was heard: uids do not tell who was down on the first day."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from flows.engine import ingest_source
from flows.pipeline import run_etl
from flows.unification import unify_and_publish
from flows.workshop import Workshop
from models.outcomes import RunOutcome
from tests.fixtures.bad_answers import GECKO
from tests.integration.flows.conftest import OpenShop, Sandbox
from tests.integration.flows.tables import rows

WAITS = {"first_publication_waits_seconds": 3600}
LINKED = """
SELECT l.source, l.source_id, a.uid, k.method FROM asset_links k JOIN listings l ON l.id = k.listing_id
JOIN assets a ON a.id = k.asset_id WHERE k.retired_at IS NULL AND k.state = 'accepted' ORDER BY 1, 2, 3
"""
ASSETS = "SELECT count(*) FROM assets"


@pytest.fixture
def lame(sandbox: Sandbox) -> Sandbox:
    """A sandbox in which CoinGecko is down."""
    sandbox.script(GECKO, status=500, times=10)
    return sandbox


async def test_who_is_down_on_the_first_day_is_waited_for_and_the_uids_are_as_if_it_had_not_been(
    open_shop: OpenShop, second_database_url: str, lame: Sandbox
) -> None:
    async with open_shop(**WAITS) as shop:
        report = await run_etl(shop)
        assert report.outcome is RunOutcome.PARTIAL
        assert "it waits for coingecko, until" in str(report.error)
        assert await rows(shop.sessions, ASSETS) == [(0,)]
        lame.forget()
        report = await run_etl(shop)
        assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
        late = await rows(shop.sessions, LINKED)
    async with open_shop(second_database_url) as shop:
        await run_etl(shop)
        assert late == await rows(shop.sessions, LINKED)


@pytest.mark.usefixtures("lame")
async def test_it_is_not_waited_for_longer_than_the_setting_says(open_shop: OpenShop) -> None:
    async with open_shop(**WAITS) as shop:
        await run_etl(shop)
        await _let_an_hour_pass(shop)
        report = await unify_and_publish(shop)
        assert (report.version, report.problems) == (1, ())
        assert await rows(shop.sessions, ASSETS) > [(0,)]


async def test_who_was_not_asked_yet_and_whose_list_is_half_read_are_waited_for(open_shop: OpenShop) -> None:
    async with open_shop(**WAITS) as shop:
        await ingest_source(shop, "coingecko")
        (told,) = (await unify_and_publish(shop)).problems
        assert "it waits for coinpaprika and coincap, until" in told
        await ingest_source(shop, "coinpaprika")
        await ingest_source(shop, "coincap")  # there is no file of it: nobody to wait for
        await _forget(shop, "identity")
        (told,) = (await unify_and_publish(shop)).problems
        assert "it waits for coingecko and coinpaprika, until" in told


async def test_what_is_published_already_waits_for_nobody(open_shop: OpenShop) -> None:
    async with open_shop() as shop:
        await ingest_source(shop, "coinpaprika")
        await unify_and_publish(shop)
    async with open_shop(**WAITS) as shop:
        assert (await unify_and_publish(shop)).problems == ()


async def _let_an_hour_pass(shop: Workshop) -> None:
    async with shop.sessions.begin() as session:
        await session.execute(text("UPDATE etl_runs SET finished_at = finished_at - interval '1 hour'"))


async def _forget(shop: Workshop, feed: str) -> None:
    async with shop.sessions.begin() as session:
        forget = text("UPDATE etl_checkpoints SET completed_at = NULL WHERE feed = :feed")
        await session.execute(forget, {"feed": feed})
