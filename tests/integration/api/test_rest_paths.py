"""The older REST paths, each by the shape that its clients know."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from models.db import Sessions
from models.outcomes import RunOutcome
from tests.factories import (
    NOW,
    make_asset,
    make_checkpoint,
    make_listing,
    make_points,
    make_quote,
    make_quoted,
    make_rate,
    make_raw,
    make_run,
    publish,
)
from tests.integration.api.client import Api

Z = NOW.isoformat().replace("+00:00", "Z")


@pytest.fixture
async def market(sessions: Sessions) -> None:
    """Bitcoin from two sources, and a listing that nobody linked."""
    async with sessions.begin() as session:
        bitcoin = await make_asset(
            session, "bitcoin", symbol="BTC", rank=1, price_usd=Decimal("64000.100000000000000001")
        )
        gecko = await make_quoted(session, bitcoin, "coingecko", "bitcoin", "64000.10", rank=1)
        await make_quoted(session, bitcoin, "coinpaprika", "btc-bitcoin", "0.000000001234")
        alone = await make_listing(session, "coincap", "unknown-coin")
        await make_quote(session, alone, "2")
        await make_asset(session, "old-bitcoin", successor_id=bitcoin.id, retired_at=NOW)
        days = [(NOW - timedelta(days=day), str(60_000 + day)) for day in range(5)]
        await make_points(session, gecko, days)


@pytest.mark.usefixtures("market")
async def test_data_lists_what_every_source_says(api: Api) -> None:
    body = await api.get("/data")
    assert body["data"][0] == {
        "asset_uid": "bitcoin",
        "source": "coingecko",
        "external_id": "bitcoin",
        "coingecko_id": "bitcoin",
        "coinpaprika_id": "btc-bitcoin",
        "name": "Bitcoin",
        "symbol": "BIT",
        "value": 64000.1,
        "currency": "usd",
        "rate": 1,
        "rate_as_of": None,
        "price_usd": 64000.1,
        "market_cap_usd": None,
        "volume_24h_usd": None,
        "percent_change_24h": None,
        "rank": 1,
        "timestamp": (NOW - timedelta(seconds=30)).isoformat().replace("+00:00", "Z"),
        "source_updated_at": (NOW - timedelta(seconds=30)).isoformat().replace("+00:00", "Z"),
        "ingested_at": Z,
    }
    assert [row["source"] for row in body["data"]] == ["coingecko", "coinpaprika", "coincap"]
    assert body["data"][2]["asset_uid"] is None
    assert body["pagination"] == {
        "page": 1,
        "page_size": 100,
        "limit": 100,
        "offset": 0,
        "total": 3,
        "total_pages": 1,
    }
    assert set(body["meta"]) == {"request_id", "api_latency_ms"}


@pytest.mark.usefixtures("market")
async def test_numbers_are_printed_with_every_digit(api: Api) -> None:
    text = (await api.client.get("/data/bitcoin")).text
    assert '"price_usd":64000.100000000000000001,' in text
    assert '"price_usd":0.000000001234,' in text


@pytest.fixture
async def rates(sessions: Sessions) -> None:
    """What a bitcoin bought three days ago and buys now."""
    async with sessions.begin() as session:
        for at, dollars, euros in ((NOW - timedelta(days=3, hours=1), 60_000, 30_000), (NOW, 64_000, 48_000)):
            await make_rate(session, "usd", str(dollars), observed_at=at)
            await make_rate(session, "eur", str(euros), observed_at=at)


@pytest.mark.usefixtures("market", "rates")
async def test_values_are_told_in_the_currency_asked_for(api: Api) -> None:
    gecko, paprika, _ = (await api.get("/data?vs_currency=EUR"))["data"]
    assert [gecko[name] for name in ("value", "currency", "rate", "price_usd")] == [
        48000.075,
        "eur",
        0.75,
        64000.1,
    ]
    assert gecko["rate_as_of"] == Z
    assert paprika["value"] == 9.255e-10
    unified = await api.get("/data/bitcoin?vs_currency=eur")
    assert (unified["value"], unified["currency"], unified["rate"]) == (48000.075, "eur", 0.75)
    assert [each["currency"] for each in unified["sources"]] == ["eur", "eur"]


@pytest.mark.usefixtures("market", "rates")
async def test_history_is_told_by_the_rates_of_its_days(api: Api) -> None:
    start = (NOW - timedelta(days=4)).date()
    rows = (await api.get(f"/data?vs_currency=eur&start_date={start}"))["data"]
    assert [(row["price_usd"], row["rate"], row["value"]) for row in rows] == [
        (60_000, 0.75, 45_000),
        (60_001, 0.75, 45_000.75),
        (60_002, None, None),
        (60_003, 0.5, 30_001.5),
        (60_004, 0.5, 30_002),
    ]


@pytest.mark.usefixtures("market", "rates")
async def test_an_unknown_currency_is_refused_with_the_near_ones(api: Api) -> None:
    for path in ("/data", "/data/bitcoin"):
        refused = await api.client.get(f"{path}?vs_currency=eru")
        assert refused.status_code == 400
        assert (
            refused.json()["detail"] == "There is no currency 'eru'. Did you mean eur? Known are: eur, usd."
        )


DIALECTS: list[tuple[str, list[str]]] = [
    ("source=coingecko", ["coingecko"]),
    ("source=coinpaprika_api", ["coinpaprika"]),
    ("source=csv", ["coincap"]),
    ("symbol=bit", ["coingecko"]),
    ("asset_name=BITCOIN", ["coingecko", "coinpaprika"]),
    ("limit=1&offset=1", ["coinpaprika"]),
    ("page=2&page_size=1", ["coinpaprika"]),
    ("page=3&limit=1", ["coincap"]),
    ("page=9", []),
    ("source=&symbol=", ["coingecko", "coinpaprika", "coincap"]),
]


@pytest.mark.usefixtures("market")
async def test_data_by_filter_and_in_every_dialect_of_paging(api: Api, subtests: pytest.Subtests) -> None:
    for query, sources in DIALECTS:
        with subtests.test(query):
            assert [row["source"] for row in (await api.get(f"/data?{query}"))["data"]] == sources


@pytest.mark.usefixtures("market")
async def test_data_between_two_days_is_history_and_the_days_count(api: Api) -> None:
    start, end = (NOW - timedelta(days=3)).date(), (NOW - timedelta(days=2)).date()
    body = await api.get(f"/data?start_date={start}&end_date={end}")
    assert [row["price_usd"] for row in body["data"]] == [60002, 60003]
    assert body["pagination"]["total"] == 2
    assert body["data"][0]["asset_uid"] == "bitcoin"


@pytest.mark.usefixtures("market")
async def test_count(api: Api) -> None:
    assert await api.get("/data/count") == {"count": 3}
    assert await api.get("/data/count?source=coingecko_api") == {"count": 1}


@pytest.mark.usefixtures("market")
async def test_one_asset_with_its_sources_also_by_a_retired_uid(api: Api) -> None:
    body = await api.get("/data/bitcoin")
    assert (body["asset_uid"], body["symbol"], body["price_method"]) == ("bitcoin", "BTC", "median")
    assert [row["source"] for row in body["sources"]] == ["coingecko", "coinpaprika"]
    assert (await api.get("/data/old-bitcoin"))["asset_uid"] == "bitcoin"
    assert "no asset 'nothing'" in (await api.get("/data/nothing", 404))["detail"]


async def test_raw_payloads(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko")
        await make_raw(session, run, "coingecko", "a/b", {"price": 1}, fetched_at=NOW - timedelta(hours=1))
        await make_raw(session, run, "coingecko", "bitcoin", {"price": 2})
    body = await api.get("/data/raw/coingecko?limit=1")
    assert body["data"][0]["payload"] == {"price": 2}
    assert body["pagination"]["total"] == 2
    assert (await api.get("/data/raw/coingecko/a/b"))["data"][0]["record_id"] == "a/b"
    assert "Known are: coingecko" in (await api.get("/data/raw/nobody", 404))["detail"]
    assert "never sent a record" in (await api.get("/data/raw/coingecko/nothing", 404))["detail"]


async def test_stats(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko", started_at=NOW, finished_at=NOW, fetched=250)
        await make_run(session, "coingecko", outcome=RunOutcome.FAILED, started_at=NOW + timedelta(seconds=1))
        await make_listing(session, "coingecko", "bitcoin")
        await make_checkpoint(session, run, "coingecko")
    body = await api.get("/stats?limit=1")
    assert [run["status"] for run in body["runs"]] == ["failed"]
    assert body["stats"] == [
        {
            "source": "coingecko",
            "total_records": 1,
            "last_run": (NOW + timedelta(seconds=1)).isoformat().replace("+00:00", "Z"),
            "last_success": Z,
            "status": "failed",
            "state": "new",
            "next_try": None,
            "reason": None,
            "total_runs": 2,
            "budget": None,
        }
    ]
    assert (await api.get("/stats?page=2&page_size=1"))["runs"][0]["records_processed"] == 250
    assert (await api.get("/stats/checkpoints"))["checkpoints"][0]["feed"] == "quotes"
    (source,) = (await api.get("/stats/sources"))["sources"]
    assert (source["name"], source["last_success"], source["drift_fields"]) == ("coingecko", Z, [])


async def test_health_before_the_first_run_after_a_good_and_after_a_bad_one(
    api: Api, sessions: Sessions
) -> None:
    body = await api.get("/health")
    assert (body["status"], body["last_etl_run"], body["dataset_version"]) == ("degraded", None, 0)
    async with sessions.begin() as session:
        await make_run(session, fetched=2750, finished_at=NOW)
        await publish(session, version=1)
    body = await api.get("/health")
    assert body == {
        "status": "healthy",
        "database_connected": True,
        "reason": None,
        "degraded": [],
        "last_etl_run": {"timestamp": Z, "status": "success", "records_processed": 2750},
        "dataset_version": 1,
        "upstream": "SANDBOX",
        "published_at": Z,
    }
    async with sessions.begin() as session:
        await make_run(session, started_at=NOW, outcome=RunOutcome.PARTIAL, error="coincap: HTTP 401")
    body = await api.get("/health")
    assert (body["status"], body["reason"]) == ("degraded", "coincap: HTTP 401")


async def test_health_says_what_the_first_publication_waits_for(api: Api, sessions: Sessions) -> None:
    assert (await api.get("/health"))["reason"] == "Nothing was published yet: the first run has not ended."
    async with sessions.begin() as session:
        await make_run(session, outcome=RunOutcome.PARTIAL, error="it waits for coingecko")
    body = await api.get("/health")
    assert (body["status"], body["reason"]) == (
        "degraded",
        "Nothing was published yet: it waits for coingecko",
    )


async def test_live_touches_nothing_and_every_answer_carries_its_request_id(api: Api) -> None:
    answer = await api.client.get("/health/live", headers={"x-request-id": "from-a-proxy_1"})
    assert answer.json() == {"status": "alive"}
    assert answer.headers["x-request-id"] == "from-a-proxy_1"
    odd = await api.client.get("/health/live", headers={"x-request-id": "a b\t{}"})
    assert len(odd.headers["x-request-id"]) == 32
