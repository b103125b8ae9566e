"""Broken answers are asked for again, few coins may be asked for, and two feeds do not take turns with a name."""

from __future__ import annotations

import orjson
import pytest

from flows.engine import ingest_source
from flows.errors import RetryLater
from flows.market_csv import refresh_csv
from models.outcomes import RunOutcome
from tests.integration.flows.conftest import OpenShop, Sandbox
from tests.integration.flows.tables import count

BROKEN = {
    "cut short": b'[{"id":"btc-bitcoin","name":"Bit',
    "an error with status 200": b'{"status":{"error_code":500,"error_message":"try again"}}',
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
async def test_a_broken_answer_is_asked_for_again(body: bytes, open_shop: OpenShop, sandbox: Sandbox) -> None:
    async with open_shop(retry_attempts=2) as shop:
        sandbox.script("/coinpaprika/v1/tickers", body=body.decode(), times=1)
        report = await ingest_source(shop, "coinpaprika")
    assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
    assert sandbox.asked("/coinpaprika/v1/tickers") == 2


async def test_who_waits_for_no_pause_still_asks_again_what_failed_in_passing(
    open_shop: OpenShop, sandbox: Sandbox
) -> None:
    async with open_shop(retry_attempts=2, retry_patience_seconds=0) as shop:
        sandbox.script("/coinpaprika/v1/tickers", status=502, times=1)
        assert (await ingest_source(shop, "coinpaprika")).error is None
        assert sandbox.asked("/coinpaprika/v1/tickers") == 2
        sandbox.script("/coinpaprika/v1/tickers", status=429, headers={"retry-after": "1"}, times=1)
        report = await ingest_source(shop, "coinpaprika")
    assert (report.outcome, report.remedy) == (RunOutcome.FAILED, RetryLater.remedy)
    assert sandbox.asked("/coinpaprika/v1/tickers") == 3


async def test_ten_coins_are_enough_where_ten_were_asked_for(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COINGECKO_TOP_N", "10")
    monkeypatch.setenv("COINCAP_TOP_N", "10")
    async with open_shop() as shop:
        assert (await refresh_csv(shop)).rows == 10
        for source in ("coingecko", "coincap"):
            report = await ingest_source(shop, source)
            assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
            assert report.new == 10


async def test_the_quotes_say_what_a_coin_is_called(open_shop: OpenShop, sandbox: Sandbox) -> None:
    others = [
        {"id": f"other-{n}", "symbol": "o", "name": f"Other {n}", "platforms": {}} for n in range(1_200)
    ]
    renamed = {"id": "bitcoin", "symbol": "xbt", "name": "Bitcoin, Renamed", "platforms": {}}
    sandbox.script("/coingecko/api/v3/coins/list", body=orjson.dumps([renamed, *others]).decode())
    async with open_shop() as shop:
        assert (await ingest_source(shop, "coingecko")).outcome is RunOutcome.SUCCESS
        called = "SELECT name FROM listings WHERE source = 'coingecko' AND source_id = :id"
        assert await count(shop.sessions, called, id="bitcoin") == "Bitcoin"
        assert await count(shop.sessions, called, id="other-7") == "Other 7"
