"""The main job on real input: recorded answers served over HTTP, ingested by a plain run, and ingested again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from flows.market_csv import refresh_csv
from flows.pipeline import run_etl
from flows.sandbox.replay import read_recording
from flows.sandbox.settings import SandboxSettings
from flows.workshop import Workshop
from models.outcomes import RunOutcome
from tests.integration.api.client import asked
from tests.integration.flows.conftest import OpenShop, Sandbox, sandbox_of
from tests.integration.flows.tables import BOOKKEEPING, count, differences, dump, rows

ONE_DAY = {
    "coingecko/markets": "coingecko_markets_50_2021-08-12_DERIVED.json",
    "coingecko/list": "coingecko_list_2022-01-07.json",
}
"""Recorded on the day of the tickers, with the list nearest to it: lists of other years call some coins otherwise."""

FULL_OF_NULLS = {"coingecko/markets": "coingecko_markets_145_2022-08-26.json"}
MOVING = ("fx_rates", *BOOKKEEPING)
"""A rate has no time of its own: each answer is a moment in history."""

Replay = Callable[..., Sandbox]


@pytest.fixture(scope="module")
def replay(recorded: Path) -> Iterator[Replay]:
    """Serve the recordings beside the project, with a chosen file for a feed."""
    with ExitStack() as stack:

        def serve(files: dict[str, str]) -> Sandbox:
            settings = SandboxSettings(size=600, speed=0, replay=recorded, replay_files=files)
            return stack.enter_context(sandbox_of(settings))

        yield serve


async def _run_both(shop: Workshop) -> RunOutcome:
    refreshed = await refresh_csv(shop)
    assert refreshed.rows == 100
    report = await run_etl(shop)
    assert {source.source: (source.outcome, source.error) for source in report.sources} == dict.fromkeys(
        ("coingecko", "coinpaprika", "coincap"), (RunOutcome.SUCCESS, None)
    )
    return report.outcome


async def test_three_recordings_become_assets_and_a_second_run_changes_nothing(
    replay: Replay, recorded: Path, open_shop: OpenShop
) -> None:
    sandbox = replay(ONE_DAY)
    async with open_shop(sandbox_url=sandbox.url) as shop:
        assert await _run_both(shop) is RunOutcome.SUCCESS
        await _every_row_is_there(shop, recorded)
        await _bitcoin_is_one_asset(shop)
        await _bitcoin_is_answered_as_one(shop)
        first = await dump(shop.sessions, without=MOVING)
        assert first["dataset_version"][0]["version"] == 1
        assert await _run_both(shop) is RunOutcome.SUCCESS
        second = await dump(shop.sessions, without=MOVING)
    assert differences(first, second) == {}


async def _every_row_is_there(shop: Workshop, recorded: Path) -> None:
    files = {
        "coingecko": f"coingecko/{ONE_DAY['coingecko/markets']}",
        "coinpaprika": "coinpaprika/coinpaprika_tickers_2021-08-12.json",
        "coincap": "coincap/coincap_assets_100_2018-08-06.json",
    }
    for source, file in files.items():
        recording = read_recording(recorded / file)
        found = await rows(
            shop.sessions,
            "SELECT record_id, payload::text FROM raw_records WHERE source = :source AND feed = 'quotes'",
            source=source,
        )
        assert sorted(record_id for record_id, _ in found) == sorted(
            row.fields["id"] for row in recording.rows
        )
        if source != "coincap":  # its file keeps the API's strings, not its brackets
            kept = {record_id: orjson.loads(payload) for record_id, payload in found}
            assert kept == {row.fields["id"]: orjson.loads(row.text) for row in recording.rows}
        quoted = await count(
            shop.sessions,
            "SELECT count(*) FROM landed_quotes q JOIN listings l ON l.id = q.listing_id WHERE l.source = :source",
            source=source,
        )
        rejected = await count(
            shop.sessions,
            "SELECT count(*) FROM rejected_records WHERE source = :source AND feed = 'quotes'",
            source=source,
        )
        assert quoted + rejected == len(recording.rows)
        assert rejected <= len(recording.rows) * 0.25, (
            f"{source} rejects more than a quarter of an honest answer"
        )


async def _bitcoin_is_one_asset(shop: Workshop) -> None:
    linked = await rows(
        shop.sessions,
        "SELECT l.source, l.source_id, a.uid FROM asset_links k JOIN listings l ON l.id = k.listing_id"
        " JOIN assets a ON a.id = k.asset_id WHERE k.state = 'accepted' AND k.retired_at IS NULL"
        " AND (l.source, l.source_id) IN"
        " (('coingecko', 'bitcoin'), ('coinpaprika', 'btc-bitcoin'), ('coincap', 'bitcoin'))",
    )
    assert sorted(linked) == [
        ("coincap", "bitcoin", "bitcoin"),
        ("coingecko", "bitcoin", "bitcoin"),
        ("coinpaprika", "btc-bitcoin", "bitcoin"),
    ]


async def _bitcoin_is_answered_as_one(shop: Workshop) -> None:
    async with asked(shop.sessions) as api:
        answer = await api.query(
            '{ asset(uid: "bitcoin") { symbol price { priceUsd stale } quotes { source sourceId priceUsd } } }'
        )
        record = await api.get("/data/bitcoin")
    asset = answer["asset"]
    three = [("coincap", "bitcoin"), ("coingecko", "bitcoin"), ("coinpaprika", "btc-bitcoin")]
    assert sorted((quote["source"], quote["sourceId"]) for quote in asset["quotes"]) == three
    assert sorted((row["source"], row["external_id"]) for row in record["sources"]) == three
    prices = {quote["source"]: quote["priceUsd"] for quote in asset["quotes"]}
    assert prices == {"coingecko": "44312", "coinpaprika": "44456.514304206", "coincap": "6929.821775683558"}
    # Recorded years ago: nothing old is dressed as new.
    assert asset["price"] == {"priceUsd": None, "stale": True}
    assert (record["asset_uid"], record["price_usd"]) == ("bitcoin", None)


async def test_the_file_full_of_nulls_loads_with_its_rejects_named(
    replay: Replay, open_shop: OpenShop
) -> None:
    sandbox = replay(FULL_OF_NULLS)
    async with open_shop(sandbox_url=sandbox.url) as shop:
        report = await run_etl(shop, ["coingecko"])
        found = await rows(
            shop.sessions,
            "SELECT record_id, reason, detail FROM rejected_records"
            " WHERE source = 'coingecko' AND feed = 'quotes'",
        )
        malformed = await count(
            shop.sessions, "SELECT count(*) FROM rejected_records WHERE reason = 'malformed_address'"
        )
        quoted = await count(shop.sessions, "SELECT count(*) FROM landed_quotes")
        landed = await count(
            shop.sessions, "SELECT count(*) FROM raw_records WHERE source = 'coingecko' AND feed = 'quotes'"
        )
    assert (report.outcome, report.sources[0].rejected) == (
        RunOutcome.SUCCESS,
        len(found) + malformed,
    )
    assert (landed, quoted + len(found)) == (145, 145)
    assert found
    assert {reason for _, reason, _ in found} == {"no_price"}
    assert all("current_price" in detail for _, _, detail in found)
