"""CSV files in both styles of the older services, from the data folder to published quotes and history."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from flows.pipeline import run_etl
from models.db import Sessions
from models.outcomes import RunOutcome
from tests.integration.flows.conftest import OpenShop
from tests.integration.flows.tables import BOOKKEEPING, differences, dump, rows

OURS = Path(__file__).resolve().parents[3] / "data" / "sources.toml"
CSV1 = """\ufeffid,name,value,timestamp
bitcoin,Bitcoin,68000.50,2026-06-02T00:00:00Z
bitcoin,Bitcoin,67000.25,2026-06-01T00:00:00Z
free,Free,0,2026-06-01T00:00:00Z
"quoted, coin","Says ""hi"" now",1e-9,
broken line
"""
CSV2 = """record_id,full_name,score,created_at
1001,Ether,2400.125,1780272000
1002,Tether,1.0001,2026-06-01 12:00:00
"""
WRITTEN_AT = datetime(2026, 6, 3, tzinfo=UTC)
QUOTED = (
    "SELECT l.source, l.source_id, l.name, q.price_usd, q.source_updated_at FROM quotes q"
    " JOIN listings l ON l.id = q.listing_id ORDER BY l.source, l.source_id"
)


@pytest.fixture
def folder(open_shop: OpenShop, tmp_path: Path) -> Path:  # noqa: ARG001 - it makes the folder
    """The workshop's data folder with the project's own mapping and a file in each style."""
    data = tmp_path / "data"
    (data / "sources.toml").write_bytes(OURS.read_bytes())
    (data / "csv1.csv").write_text(CSV1, encoding="utf-8")
    (data / "csv2.csv").write_text(CSV2, encoding="utf-8")
    os.utime(data / "csv1.csv", (WRITTEN_AT.timestamp(), WRITTEN_AT.timestamp()))
    return data


@pytest.mark.usefixtures("folder")
async def test_both_styles_become_sources_with_quotes_and_history(
    open_shop: OpenShop, sessions: Sessions
) -> None:
    async with open_shop() as shop:
        report = await run_etl(shop, ["csv1", "csv2"])
    assert report.outcome is RunOutcome.SUCCESS
    assert {source.source: (source.fetched, source.rejected) for source in report.sources} == {
        "csv1": (5, 2),
        "csv2": (2, 0),
    }
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert await rows(sessions, QUOTED) == [
        ("csv1", "bitcoin", "Bitcoin", Decimal("68000.50"), datetime(2026, 6, 2, tzinfo=UTC)),
        ("csv1", "quoted, coin", 'Says "hi" now', Decimal("1e-9"), WRITTEN_AT),
        ("csv2", "1001", "Ether", Decimal("2400.125"), datetime(2026, 6, 1, tzinfo=UTC)),
        ("csv2", "1002", "Tether", Decimal("1.0001"), noon),
    ]
    rejected = await rows(sessions, "SELECT record_id, reason FROM rejected_records ORDER BY id")
    assert sorted(rejected) == [("line 4", "no_price"), ("line 6", "malformed_row")]


@pytest.mark.usefixtures("folder")
async def test_every_row_with_a_time_is_a_point_in_history(open_shop: OpenShop, sessions: Sessions) -> None:
    async with open_shop() as shop:
        await run_etl(shop, ["csv1"])
    points = (
        "SELECT observed_at, price_usd FROM price_points p JOIN listings l ON l.id = p.listing_id"
        " WHERE l.source_id = 'bitcoin' ORDER BY observed_at"
    )
    assert await rows(sessions, points) == [
        (datetime(2026, 6, 1, tzinfo=UTC), Decimal("67000.25")),
        (datetime(2026, 6, 2, tzinfo=UTC), Decimal("68000.50")),
    ]


async def test_the_same_file_again_changes_nothing_and_a_row_more_changes_one(
    folder: Path, open_shop: OpenShop, sessions: Sessions
) -> None:
    async with open_shop() as shop:
        await run_etl(shop, ["csv1", "csv2"])
        before = await dump(sessions, without=BOOKKEEPING)
        await run_etl(shop, ["csv1", "csv2"])
        assert differences(before, await dump(sessions, without=BOOKKEEPING)) == {}
        (folder / "csv2.csv").write_text(CSV2 + "1001,Ether,2500,1780358400\n", encoding="utf-8")
        report = await run_etl(shop, ["csv2"])
    assert [(one.new, one.changed, one.unchanged) for one in report.sources] == [(1, 0, 0)], (
        "only the row that was added is read"
    )
    assert report.published is not None
    assert report.published.version == 2


async def test_a_file_that_goes_away_keeps_what_it_said(
    folder: Path, open_shop: OpenShop, sessions: Sessions
) -> None:
    async with open_shop() as shop:
        await run_etl(shop, ["csv1", "csv2"])
        before = await rows(sessions, QUOTED)
        (folder / "csv2.csv").unlink()
        report = await run_etl(shop, ["csv1", "csv2"])
        assert {one.source: one.outcome for one in report.sources} == {
            "csv1": RunOutcome.SKIPPED,
            "csv2": RunOutcome.SKIPPED,
        }
        assert "csv1.csv is as it was read on" in (report.sources[0].error or "")
        assert "csv2.csv yet" in (report.sources[1].error or "")
    async with open_shop() as shop:
        assert "csv2" not in shop.names
    assert await rows(sessions, QUOTED) == before


async def test_a_file_that_is_no_csv_fails_alone_and_is_kept(
    folder: Path, open_shop: OpenShop, sessions: Sessions
) -> None:
    (folder / "csv1.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\xff")
    async with open_shop() as shop:
        report = await run_etl(shop, ["csv1", "csv2"])
    assert {one.source: one.outcome for one in report.sources} == {
        "csv1": RunOutcome.FAILED,
        "csv2": RunOutcome.SUCCESS,
    }
    assert "no CSV in UTF-8" in (report.error or "")
    ((reason, payload),) = await rows(sessions, "SELECT reason, payload FROM rejected_records")
    assert reason == "UnusableFile"
    assert "PNG" in payload, "a page that was fetched and is no page is kept"
