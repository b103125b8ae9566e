"""Files of history: whole years by COPY, read on, resumed, and never the worse for what is wrong in them."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from flows import csv_stream, files
from flows.engine import SourceReport, ingest_source
from flows.pipeline import run_etl
from flows.unification import unify_and_publish
from models.db import Sessions
from models.outcomes import RunOutcome
from models.store.records import advance_checkpoint
from tests.integration.api.client import asked
from tests.integration.flows.conftest import OpenShop
from tests.integration.flows.tables import BOOKKEEPING, VOLATILE, count, differences, dump, rows
from tests.integration.flows.toy import Killed, killed

OURS = Path(__file__).resolve().parents[3] / "data" / "sources.toml"
EXPORT = "snapped_at,price,market_cap,total_volume\n"
POINTS = (
    "SELECT p.observed_at::date::text, p.price_usd FROM price_points p JOIN listings l ON l.id = p.listing_id"
    " WHERE l.source = :source ORDER BY 1, 2"
)


@pytest.fixture
def folder(open_shop: OpenShop, tmp_path: Path) -> Path:  # noqa: ARG001 - it makes the folder
    """The workshop's data folder with the project's own mapping."""
    shutil.copy(OURS, tmp_path / "data")
    return tmp_path / "data"


def _days(first: int, last: int, price: str = "{}") -> str:
    """Rows of an export, one a day of January 2020."""
    return "".join(
        f"2020-01-{day:02} 00:00:00 UTC,{price.format(day)},{day}00,{day}0\n"
        for day in range(first, last + 1)
    )


async def _ingest(open_shop: OpenShop, name: str) -> SourceReport:
    async with open_shop() as shop:
        return await ingest_source(shop, name)


def _counts(report: SourceReport) -> tuple[int, int, int, int]:
    return report.fetched, report.new, report.unchanged, report.rejected


@pytest.mark.parametrize("name", ["btc-usd-max", "eth-usd-max"])
async def test_ten_recorded_years_load_in_full_and_a_second_time_change_nothing(
    recorded: Path, folder: Path, open_shop: OpenShop, sessions: Sessions, name: str
) -> None:
    shutil.copy(recorded / "history" / f"{name}.csv", folder)
    with (folder / f"{name}.csv").open(encoding="utf-8") as file:
        told = list(csv.DictReader(file))
    report = await _ingest(open_shop, name)
    assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
    assert _counts(report) == (len(told), len(told), 0, 0)
    kept = await rows(
        sessions, "SELECT observed_at, price_usd, market_cap_usd, volume_usd_24h FROM price_points ORDER BY 1"
    )
    assert kept == [
        (
            datetime.fromisoformat(row["snapped_at"].removesuffix(" UTC")).replace(tzinfo=UTC),
            Decimal(row["price"]),
            Decimal(row["market_cap"] or 0) or None,
            Decimal(row["total_volume"]) if row["total_volume"] else None,
        )
        for row in told
    ]
    assert await count(sessions, "SELECT sum(points) FROM price_candles WHERE seconds = 86400") == len(told)
    before = await dump(sessions, without=("etl_runs",))
    assert (await _ingest(open_shop, name)).outcome is RunOutcome.SKIPPED
    assert differences(before, await dump(sessions, without=("etl_runs",))) == {}


async def test_an_export_is_the_asset_that_its_entry_says_from_the_first_run_on(
    folder: Path, open_shop: OpenShop, sessions: Sessions
) -> None:
    (folder / "btc-usd-max.csv").write_text(EXPORT + _days(1, 31))
    async with open_shop() as shop:
        report = await run_etl(shop, ["coingecko", "btc-usd-max"])
        assert (report.outcome, report.error) == (RunOutcome.SUCCESS, None)
        async with asked(shop.sessions) as api:
            answer = await api.query(
                '{ assetByListing(source: "btc-usd-max", sourceId: "btc") { uid links { source method decidedBy } } }'
            )
        version = report.published.version if report.published else 0
        again = await run_etl(shop, ["coingecko", "btc-usd-max"])
        assert again.published is not None
        assert (again.outcome, again.published.version) == (RunOutcome.SUCCESS, version)
    assert answer["assetByListing"]["uid"] == "bitcoin"
    assert {"source": "btc-usd-max", "method": "person", "decidedBy": "sources.toml"} in answer[
        "assetByListing"
    ]["links"]
    (folder / "btc-usd-max.csv").unlink()
    async with open_shop() as shop:
        await unify_and_publish(shop)
        assert await count(sessions, "SELECT count(*) FROM decisions WHERE undone_at IS NULL") == 1, (
            "it stays"
        )
        (folder / "sources.toml").write_text("")
        await unify_and_publish(shop)
    assert await count(sessions, "SELECT count(*) FROM decisions WHERE undone_at IS NULL") == 0


async def test_an_asset_that_is_not_there_is_told(folder: Path, open_shop: OpenShop) -> None:
    (folder / "sources.toml").write_text('[b]\nfile = "btc-usd-max.csv"\nasset = "bitcoyn"\n')
    (folder / "btc-usd-max.csv").write_text(EXPORT + _days(1, 3))
    async with open_shop() as shop:
        report = await run_etl(shop, ["b"])
    assert report.outcome is RunOutcome.PARTIAL
    assert report.error == "sources.toml: '[b] btc is bitcoyn': There is no asset 'bitcoyn'."


async def test_a_symbol_alone_makes_an_export_no_asset_of_others(
    folder: Path, open_shop: OpenShop, sessions: Sessions
) -> None:
    (folder / "sources.toml").unlink()
    (folder / "btc-usd-max.csv").write_text(EXPORT + _days(1, 3))
    async with open_shop() as shop:
        report = await run_etl(shop, ["coingecko", "btc-usd-max"])
    assert report.outcome is RunOutcome.SUCCESS
    uids = "SELECT a.uid FROM asset_links k JOIN listings l ON l.id = k.listing_id JOIN assets a ON a.id = k.asset_id"
    accepted = f"{uids} WHERE l.source = 'btc-usd-max' AND k.state = 'accepted' AND k.retired_at IS NULL"
    ((uid,),) = await rows(sessions, accepted)
    assert uid != "bitcoin"


async def test_a_file_that_grows_is_read_on_and_one_that_was_changed_is_read_anew(
    folder: Path, open_shop: OpenShop, sessions: Sessions
) -> None:
    path = folder / "eth-usd-max.csv"
    path.write_text(EXPORT + _days(1, 10))
    assert _counts(await _ingest(open_shop, "eth-usd-max")) == (10, 10, 0, 0)
    path.write_text(EXPORT + _days(1, 12))
    assert _counts(await _ingest(open_shop, "eth-usd-max")) == (2, 2, 0, 0)
    path.write_text(EXPORT + _days(2, 11) + _days(12, 12, "99") + _days(13, 13))
    assert _counts(await _ingest(open_shop, "eth-usd-max")) == (12, 1, 10, 1)
    found = await rows(sessions, POINTS, source="eth-usd-max")
    assert found == [(f"2020-01-{day:02}", day) for day in range(1, 14)], "what is known stays"
    ((line, reason, detail),) = await rows(sessions, "SELECT record_id, reason, detail FROM rejected_records")
    assert (line, reason) == ("line 12", "known_otherwise")
    assert (
        "12, market cap 1200, volume 120 is known for 2020-01-12 00:00:00 UTC, and stays; this row has 99, "
        in detail
    )
    quoted = "SELECT price_usd, source_updated_at::date::text FROM landed_quotes"
    assert await rows(sessions, quoted) == [(13, "2020-01-13")]


async def test_slices_leave_what_one_leaves(
    folder: Path,
    open_shop: OpenShop,
    sessions: Sessions,
    second_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = EXPORT + _days(1, 20) + "bad\n" + _days(5, 9, "7") + _days(21, 31)
    (folder / "eth-usd-max.csv").write_text(text)
    whole = await _ingest(open_shop, "eth-usd-max")
    monkeypatch.setattr(csv_stream, "BLOCK", 150)
    async with open_shop(url=second_database_url) as shop:
        parts = await ingest_source(shop, "eth-usd-max")
        other = await dump(shop.sessions, without=BOOKKEEPING, masked=(*VOLATILE, "id"))
        assert await count(shop.sessions, "SELECT pages FROM etl_runs") > 5
    assert _counts(whole) == _counts(parts) == (37, 31, 1, 5), "7 is what day 7 was"
    assert differences(await dump(sessions, without=BOOKKEEPING, masked=(*VOLATILE, "id")), other) == {}


async def test_a_run_that_dies_between_slices_is_gone_on_with(
    folder: Path, open_shop: OpenShop, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "eth-usd-max.csv").write_text(EXPORT + _days(1, 31))
    monkeypatch.setattr(csv_stream, "BLOCK", 150)
    stored: list[object] = []

    async def dying(*arguments: object) -> None:
        stored.append(arguments)
        if len(stored) == 4:
            raise Killed
        await advance_checkpoint(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "advance_checkpoint", dying)
    with killed():
        await _ingest(open_shop, "eth-usd-max")
    there = await count(sessions, "SELECT count(*) FROM price_points")
    assert 0 < there < 31, "three slices are whole, the fourth left nothing"
    monkeypatch.undo()
    async with open_shop() as shop:
        report = await ingest_source(shop, "eth-usd-max")
    assert _counts(report) == (31 - there, 31 - there, 0, 0)
    assert await count(sessions, "SELECT count(*) FROM price_points") == 31


async def test_a_file_that_takes_too_long_for_one_run_is_gone_on_with_by_the_next(
    folder: Path, open_shop: OpenShop, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "eth-usd-max.csv").write_text(EXPORT + _days(1, 10))
    monkeypatch.setattr(csv_stream, "BLOCK", 150)
    monkeypatch.setattr(files, "TURN", timedelta(0))
    first = await _ingest(open_shop, "eth-usd-max")
    assert (first.outcome, first.remedy) == (
        RunOutcome.PARTIAL,
        "none needed: the next run goes on from there",
    )
    assert first.error == "eth-usd-max: eth-usd-max.csv was read to line 6, the next run goes on from there"
    read = first.fetched
    while (report := await _ingest(open_shop, "eth-usd-max")).outcome is RunOutcome.PARTIAL:
        assert report.fetched > 0
        read += report.fetched
    assert (report.outcome, read + report.fetched) == (RunOutcome.SUCCESS, 10)
    assert await count(sessions, "SELECT count(*) FROM price_points") == 10


async def test_a_file_that_is_replaced_while_it_is_read_fails_alone_and_heals(
    folder: Path, open_shop: OpenShop, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "eth-usd-max.csv"
    path.write_text(EXPORT + _days(1, 31))
    (folder / "btc-usd-max.csv").write_text(EXPORT + _days(1, 2))
    monkeypatch.setattr(csv_stream, "BLOCK", 500)

    async def replacing(*arguments: object) -> None:
        await advance_checkpoint(*arguments)  # type: ignore[arg-type]
        if path.stat().st_size > 500:
            (folder / "new").write_text(EXPORT + _days(1, 3) + _days(30, 31))
            (folder / "new").replace(path)

    monkeypatch.setattr(files, "advance_checkpoint", replacing)
    async with open_shop() as shop:
        report = await run_etl(shop, ["eth-usd-max"])
        assert report.outcome is RunOutcome.FAILED
        assert report.error == (
            "eth-usd-max: eth-usd-max.csv changed while it was read; what was loaded before stays, "
            "the next run reads what it is then"
        )
        assert await count(sessions, "SELECT count(*) FROM price_points") > 5
        healed = await ingest_source(shop, "eth-usd-max")
        assert (healed.outcome, healed.fetched, healed.rejected) == (RunOutcome.SUCCESS, 5, 0)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "eth-usd-max.csv is empty"),
        (EXPORT, "eth-usd-max.csv has a header and no row"),
        (
            "snapped_at,price\n",
            "the file lacks the column market_cap, total_volume; it has snapped_at, price",
        ),
        (
            EXPORT + "03/04/2020,1,,\n",
            "nothing in lines 2 to 2 of eth-usd-max.csv can be used (ambiguous_date: ",
        ),
        ("<html>\n", "the file lacks the column market_cap, price, snapped_at, total_volume; it has <html>"),
    ],
)
async def test_a_file_that_is_not_what_it_says_fails_its_own_source_with_one_sentence(
    folder: Path, open_shop: OpenShop, sessions: Sessions, body: str, told: str
) -> None:
    (folder / "eth-usd-max.csv").write_text(body)
    (folder / "btc-usd-max.csv").write_text(EXPORT + _days(1, 2))
    async with open_shop() as shop:
        reports = {one.source: one for one in (await run_etl(shop, ["eth-usd-max", "btc-usd-max"])).sources}
    assert reports["btc-usd-max"].outcome is RunOutcome.SUCCESS
    failed = reports["eth-usd-max"]
    assert failed.outcome is RunOutcome.FAILED
    assert (failed.error or "").startswith(f"eth-usd-max: {told}")
    assert failed.remedy == "put the file right, or its entry in sources.toml; what was loaded of it stays"
    reasons = await rows(
        sessions, "SELECT DISTINCT reason FROM rejected_records WHERE source = 'eth-usd-max'"
    )
    assert ("UnusableFile",) in reasons
    (folder / "eth-usd-max.csv").write_text(EXPORT + _days(1, 2))
    assert (await _ingest(open_shop, "eth-usd-max")).outcome is RunOutcome.SUCCESS


async def test_prices_in_another_currency_are_refused(
    folder: Path, open_shop: OpenShop, sessions: Sessions
) -> None:
    (folder / "btc-eur-max.csv").write_text(EXPORT + _days(1, 2))
    report = await _ingest(open_shop, "btc-eur-max")
    assert (report.outcome, report.error) == (
        RunOutcome.FAILED,
        "btc-eur-max: btc-eur-max.csv has prices in eur, and only dollars can be read: export it in usd",
    )
    assert await count(sessions, "SELECT count(*) FROM price_points") == 0


async def test_one_bad_row_at_the_end_of_a_file_that_is_known_is_no_failure(
    folder: Path, open_shop: OpenShop
) -> None:
    (folder / "eth-usd-max.csv").write_text(EXPORT + _days(1, 2))
    await _ingest(open_shop, "eth-usd-max")
    (folder / "eth-usd-max.csv").write_text(EXPORT + _days(1, 2) + "soon,1,,\n")
    report = await _ingest(open_shop, "eth-usd-max")
    assert (report.outcome, _counts(report)) == (RunOutcome.SUCCESS, (1, 0, 0, 1))


async def test_a_statement_about_how_a_file_writes_dates_reads_it_anew(
    folder: Path, open_shop: OpenShop, sessions: Sessions
) -> None:
    (folder / "prices.csv").write_text("id;value;day\na;1,5;25/12/2020\na;1.234;03/04/2020\n")
    entry = '[prices]\nfile = "prices.csv"\ncolumns = { source_id = "id", price_usd = "value", updated_at = "day" }\n'
    (folder / "sources.toml").write_text(entry)
    assert _counts(await _ingest(open_shop, "prices")) == (2, 1, 0, 1)
    (folder / "sources.toml").write_text(entry + 'dates = "%d/%m/%Y"\ndecimal = ","\n')
    assert _counts(await _ingest(open_shop, "prices")) == (2, 1, 1, 0)
    assert await rows(sessions, POINTS, source="prices") == [
        ("2020-04-03", 1234),
        ("2020-12-25", Decimal("1.5")),
    ]


async def test_which_file_was_read_is_kept(folder: Path, open_shop: OpenShop, sessions: Sessions) -> None:
    text = EXPORT + _days(1, 3)
    (folder / "eth-usd-max.csv").write_text(text)
    await _ingest(open_shop, "eth-usd-max")
    ((record_id, payload),) = await rows(sessions, "SELECT record_id, payload FROM raw_records")
    assert (record_id, payload["bytes"], payload["lines"]) == ("eth-usd-max.csv", len(text), 4)
    assert await rows(sessions, "SELECT page FROM etl_checkpoints") == [
        (f"eth-usd-max.csv?line=4&offset={len(text)}",)
    ]


async def test_many_files_take_turns(folder: Path, open_shop: OpenShop) -> None:
    for number in range(12):
        (folder / f"c{number}-usd-max.csv").write_text(EXPORT + _days(1, 2))
    async with open_shop() as opened:
        report = await run_etl(opened, [f"c{number}-usd-max" for number in range(12)])
    assert {one.outcome for one in report.sources} == {RunOutcome.SUCCESS}
