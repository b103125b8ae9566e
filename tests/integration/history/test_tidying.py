"""Tidying at the end of a run, and candles of points that were there before candles were."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import text

from flows.pipeline import EtlReport
from flows.report import etl_report
from flows.retention import TidyReport, keeping, tidy
from flows.settings import FlowSettings
from flows.workshop import Workshop
from models import migrate
from models.db import Sessions
from models.outcomes import RunOutcome
from models.store.history import load_points
from models.store.retention import Keeping
from tests.factories import NOW, make_reject, make_run
from tests.integration.history.conftest import MONTHS
from tests.integration.history.test_kept_candles import assert_kept_are_from_points


def _shop(sessions: Sessions, **said: Any) -> Workshop:  # noqa: ANN401 - settings
    return Workshop(
        FlowSettings(_env_file=None, **said), sessions, cast("Any", None), cast("Any", None), {}, {}
    )


async def test_a_run_makes_room_and_tells_what_it_threw_away(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        run = await make_run(session, "coingecko")
        await make_reject(session, run, "coingecko", "old", rejected_at=NOW - timedelta(days=40))
        await session.execute(text("DROP TABLE " + f"price_points_{NOW:%Y_%m}"))
    report = await tidy(_shop(sessions))
    assert report == TidyReport({"rejected_records": 1})
    told = etl_report(EtlReport(RunOutcome.SUCCESS, (), None, tidied=report))
    assert "Pruned, older than the settings keep: 1 of rejected_records." in told
    async with sessions() as session:
        assert await session.scalar(text(f"SELECT to_regclass('price_points_{NOW:%Y_%m}') IS NOT NULL"))


async def test_what_fails_is_told_and_fails_no_run(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await session.execute(text("ALTER TABLE prunings RENAME TO elsewhere"))
    report = await tidy(_shop(sessions))
    assert report.error is not None
    assert report.error.startswith("tidying failed, the next run tries again: ")
    assert report.error in etl_report(EtlReport(RunOutcome.SUCCESS, (), None, tidied=report))


def test_history_is_kept_for_ever_unless_told_otherwise() -> None:
    assert keeping(FlowSettings(_env_file=None)) == Keeping(
        raw_pages=7, raw_records=7, rejected_records=30, etl_runs=90, fx_rates=0, price_points_months=0
    )


async def test_points_from_before_there_were_candles_get_theirs(
    sessions: Sessions, listings: list[int], database_url: str
) -> None:
    points = [
        (
            one,
            month + timedelta(minutes=17 * number),
            Decimal(number % 7 + 1),
            None,
            Decimal(number) if number % 3 else None,
        )
        for one in listings
        for month in MONTHS
        for number in range(200)
    ]
    async with sessions.begin() as session:
        await load_points(session, points)
    await asyncio.to_thread(migrate.downgrade, database_url, "0005")
    await asyncio.to_thread(migrate.upgrade, database_url)
    await assert_kept_are_from_points(sessions)
