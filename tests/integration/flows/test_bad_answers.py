"""Bad answers and what becomes of a run: tried again or not, waited for or not, the others left alone."""

from __future__ import annotations

import re
import time

import pytest

import flows.client
from flows.engine import SourceReport, ingest_source
from flows.errors import BudgetExhausted, Fatal, RetryLater, RetryNow
from flows.market_csv import refresh_csv
from flows.pipeline import run_etl
from flows.workshop import Workshop
from models.outcomes import RunOutcome
from tests.fixtures.bad_answers import BAD_ANSWERS, GECKO, PAPRIKA
from tests.integration.flows.conftest import OpenShop, Sandbox
from tests.integration.flows.tables import BOOKKEEPING, count, differences, dump, renew_budgets, rows

NETWORKED = [answer for answer in BAD_ANSWERS if answer.source != "coincap"]
OF_COINCAP = [answer for answer in BAD_ANSWERS if answer.source == "coincap"]
UNTOUCHED = ("rejected_records", *BOOKKEEPING)


async def test_bad_answers_lose_nothing(shop: Workshop, sandbox: Sandbox) -> None:
    for name in ("coingecko", "coinpaprika"):
        assert (await ingest_source(shop, name)).outcome is RunOutcome.SUCCESS
    before = await dump(shop.sessions, without=UNTOUCHED)
    for answer in NETWORKED:
        await renew_budgets(shop.sessions)
        sandbox.script(answer.path, fault=answer.name)
        report = await ingest_source(shop, answer.source)
        wanted = RunOutcome.SKIPPED if answer.remedy is BudgetExhausted else RunOutcome.FAILED
        assert report.outcome is wanted, answer.name
    assert differences(before, await dump(shop.sessions, without=UNTOUCHED)) == {}


async def test_one_sources_failure_leaves_the_others_and_the_whole_is_partial(
    shop: Workshop, sandbox: Sandbox
) -> None:
    sandbox.script(GECKO, status=500, times=10)
    report = await run_etl(shop)
    outcomes = {source.source: source.outcome for source in report.sources}
    assert outcomes["coingecko"] is RunOutcome.FAILED
    assert outcomes["coinpaprika"] is RunOutcome.SUCCESS
    assert report.outcome is RunOutcome.PARTIAL
    assert report.error is not None
    assert "coingecko: HTTP 500" in report.error
    assert report.published is not None
    assert report.published.version == 1
    published = "SELECT DISTINCT l.source FROM quotes q JOIN listings l ON l.id = q.listing_id"
    assert await rows(shop.sessions, published) == [("coinpaprika",)]


async def test_a_feed_beside_the_prices_failing_makes_the_run_partial(
    shop: Workshop, sandbox: Sandbox
) -> None:
    sandbox.script("/coingecko/api/v3/exchange_rates", body='{"rates":[]}')
    report = await ingest_source(shop, "coingecko")
    assert report.outcome is RunOutcome.PARTIAL
    assert report.error is not None
    assert "is no page of rates" in report.error
    assert report.fetched > 250
    assert await count(shop.sessions, "SELECT count(*) FROM landed_quotes") == 250


async def test_everything_failing_publishes_nothing(shop: Workshop, sandbox: Sandbox) -> None:
    for path in (GECKO, PAPRIKA):
        sandbox.script(path, status=503, times=10)
    report = await run_etl(shop, ["coingecko", "coinpaprika"])
    assert (report.outcome, report.published) == (RunOutcome.FAILED, None)
    assert await count(shop.sessions, "SELECT version FROM dataset_version") == 0


async def _timed(open_shop: OpenShop, source: str, **said: object) -> tuple[SourceReport, float]:
    async with open_shop(**said) as shop:
        began = time.monotonic()
        return await ingest_source(shop, source), time.monotonic() - began


async def test_a_short_pause_is_waited_for(open_shop: OpenShop, sandbox: Sandbox) -> None:
    sandbox.script(PAPRIKA, status=429, headers={"retry-after": "1"}, body='{"error":"too many"}')
    report, seconds = await _timed(open_shop, "coinpaprika", retry_attempts=2)
    assert report.outcome is RunOutcome.SUCCESS
    assert seconds >= 1
    assert sandbox.asked(PAPRIKA) == 2


@pytest.mark.parametrize("body", ['{"error":"too many"}', "Throttled"])
async def test_a_long_pause_gives_the_run_back(open_shop: OpenShop, sandbox: Sandbox, body: str) -> None:
    sandbox.script(PAPRIKA, status=429, headers={"retry-after": "119"}, body=body, times=5)
    report, seconds = await _timed(open_shop, "coinpaprika", retry_attempts=5)
    assert (report.outcome, report.remedy) == (RunOutcome.FAILED, RetryLater.remedy)
    assert sandbox.asked(PAPRIKA) == 1
    assert seconds < 10


@pytest.mark.parametrize(
    ("headers", "body"), [({"content-encoding": "gzip"}, "no gzip"), ({}, "[" * 5_000)], ids=["gzip", "abyss"]
)
async def test_a_refusal_that_cannot_be_read_is_named_by_its_status(
    shop: Workshop, sandbox: Sandbox, headers: dict[str, str], body: str
) -> None:
    sandbox.script(PAPRIKA, status=429, headers={"retry-after": "119", **headers}, body=body)
    report = await ingest_source(shop, "coinpaprika")
    assert (report.outcome, report.remedy) == (RunOutcome.FAILED, RetryLater.remedy)
    assert (report.error or "").startswith(f"coinpaprika: HTTP 429: unexpected answer: '{body[:7]}")


async def test_no_redirect_is_followed_not_even_to_the_same_host(shop: Workshop, sandbox: Sandbox) -> None:
    sandbox.script(GECKO, fault="redirect")
    report = await ingest_source(shop, "coingecko")
    assert (report.outcome, report.remedy) == (RunOutcome.FAILED, Fatal.remedy)
    assert (sandbox.asked(GECKO), sandbox.asked("/coingecko/api/v3/ping")) == (1, 0)


async def test_a_short_pause_asked_in_plain_text_is_waited_for(open_shop: OpenShop, sandbox: Sandbox) -> None:
    sandbox.script(PAPRIKA, status=429, headers={"retry-after": "1"}, body="Throttled")
    report, _ = await _timed(open_shop, "coinpaprika", retry_attempts=2)
    assert report.outcome is RunOutcome.SUCCESS


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "body": "<html>"},
        {"status": 502},
        {"disconnect": True, "body": '[{"id":"btc'},
        {"disconnect": True},
        {"fault": "reset"},
        {"fault": "gzip_cut"},
    ],
    ids=["html", "empty", "hung up in the body", "hung up at once", "reset", "half a gzip"],
)
async def test_a_passing_fault_is_tried_again(
    open_shop: OpenShop, sandbox: Sandbox, fault: dict[str, object]
) -> None:
    sandbox.script(PAPRIKA, **fault)
    report, _ = await _timed(open_shop, "coinpaprika", retry_attempts=2)
    assert (report.outcome, sandbox.asked(PAPRIKA)) == (RunOutcome.SUCCESS, 2)


async def test_a_fault_that_stays_uses_up_the_attempts(open_shop: OpenShop, sandbox: Sandbox) -> None:
    sandbox.script(PAPRIKA, status=500, times=9)
    report, _ = await _timed(open_shop, "coinpaprika", retry_attempts=3)
    assert (report.outcome, report.remedy) == (RunOutcome.FAILED, RetryNow.remedy)
    assert sandbox.asked(PAPRIKA) == 3


async def test_what_a_person_must_mend_is_not_tried_again(open_shop: OpenShop, sandbox: Sandbox) -> None:
    sandbox.script(PAPRIKA, status=403, body='{"error":"invalid API key"}', times=9)
    report, _ = await _timed(open_shop, "coinpaprika", retry_attempts=3)
    assert (report.remedy, sandbox.asked(PAPRIKA)) == (Fatal.remedy, 1)


async def test_an_answer_that_is_too_large_is_left(
    shop: Workshop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flows.client, "MAX_BODY_BYTES", 1_000)
    report = await ingest_source(shop, "coinpaprika")
    assert report.error == "coinpaprika: /coinpaprika/v1/tickers answered with more than 1,000 bytes"
    (shop.settings.data_dir / "crypto_market.csv").write_bytes(b"x" * 1_001)
    report = await ingest_source(shop, "coincap")
    assert report.error is not None
    assert "crypto_market.csv is larger than 1,000 bytes" in report.error
    assert sandbox.asked(PAPRIKA) == 1


async def test_a_slow_answer_is_given_up(open_shop: OpenShop, sandbox: Sandbox) -> None:
    sandbox.script(PAPRIKA, delay_seconds=1.5)
    report, seconds = await _timed(open_shop, "coinpaprika", read_timeout_seconds=0.2)
    assert report.error is not None
    assert "ReadTimeout" in report.error
    assert seconds < 1.5


@pytest.mark.parametrize(
    ("base_url", "told"),
    [
        ("http://api.example.org/v1", "COINPAPRIKA_BASE_URL must be https://"),
        ("ftp://example.org", "COINPAPRIKA_BASE_URL must be https://"),
        ("127.0.0.1:8900", "COINPAPRIKA_BASE_URL must be https://"),
        ("https://me:sekrit@api.example.org/v1", "must hold no user or password"),
        ("http://127.0.0.1:1/v1", "ConnectError"),
    ],
)
async def test_a_base_url_that_cannot_be_used_says_why(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, base_url: str, told: str
) -> None:
    monkeypatch.setenv("COINPAPRIKA_BASE_URL", base_url)
    async with open_shop() as shop:
        report = await ingest_source(shop, "coinpaprika")
    assert report.outcome is RunOutcome.FAILED
    assert told in (report.error or "")
    assert "sekrit" not in (report.error or "")


async def test_a_refresh_that_fails_leaves_the_file_as_it_was(
    shop: Workshop, sandbox: Sandbox, subtests: pytest.Subtests
) -> None:
    written = await refresh_csv(shop)
    before = written.path.read_bytes()
    for answer in OF_COINCAP:
        with subtests.test(answer.name):
            await renew_budgets(shop.sessions)
            sandbox.script(answer.path, fault=answer.name)
            report = await refresh_csv(shop)
            assert (report.outcome, report.remedy) == (RunOutcome.FAILED, answer.remedy.remedy)
            assert re.match(f"coincap: .*{answer.told}", report.error or "", re.DOTALL), report.error
            assert written.path.read_bytes() == before
            assert [path.name for path in written.path.parent.iterdir()] == [written.path.name]


async def test_a_refresh_that_brings_too_few_assets_leaves_the_file(shop: Workshop, sandbox: Sandbox) -> None:
    written = await refresh_csv(shop)
    before = written.path.read_bytes()
    sandbox.script("/coincap/v3/assets", body='{"timestamp":1780000000123,"data":[]}')
    report = await refresh_csv(shop)
    assert (report.outcome, report.error) == (
        RunOutcome.FAILED,
        "coincap: 0 assets are too few: the file stays as it was",
    )
    assert written.path.read_bytes() == before


async def test_a_hostile_record_loses_nothing_but_itself(shop: Workshop, sandbox: Sandbox) -> None:
    hostile = [
        r'{"id":"nul","symbol":"a\u0000b","current_price":1}',
        r'{"id":"half","name":"\ud800","current_price":1}',
        '{"id":"long","current_price":1,"roi":1e200000,"market_cap":1e999}',
        '{"id":"deep","current_price":' + "[" * 300 + "]" * 300 + "}",
        '{"id":"rank","current_price":1,"market_cap_rank":99999999999}',
        '{"id":"digits","current_price":0.' + "1" * 20_000 + "}",
        '{"id":"bool","current_price":true}',
        '"no object"',
    ]
    fine = [
        f'{{"id":"fine-{n}","symbol":"f","name":"F","current_price":1.5,"brand_new":[2.50]}}'
        for n in range(45)
    ]
    sandbox.script(GECKO, body=f"[{','.join([*hostile, *fine])}]")
    report = await ingest_source(shop, "coingecko")
    assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
    assert report.rejected == len(hostile)
    assert await count(shop.sessions, "SELECT count(*) FROM landed_quotes") == len(fine)
    raw = "SELECT count(*) FROM raw_records WHERE feed = 'quotes'"
    assert await count(shop.sessions, raw) == len(hostile) + len(fine)
    drift = await rows(shop.sessions, "SELECT source, feed, field, example::text FROM source_drift")
    assert drift == [("coingecko", "quotes", "brand_new", "[2.50]")]
