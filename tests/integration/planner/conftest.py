"""A small world in which every field of the schema has something to say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from models.db import Sessions, database
from models.outcomes import DecisionAction, HoldState, LinkState, RunOutcome
from models.tables import Asset, Decision, Listing, Notification, PriceAlert
from tests.conftest import fresh_database
from tests.factories import (
    AGO,
    NOW,
    key,
    make_address,
    make_asset,
    make_budget,
    make_checkpoint,
    make_drift,
    make_hold,
    make_job,
    make_link,
    make_listing,
    make_points,
    make_quoted,
    make_rate,
    make_raw,
    make_reject,
    make_run,
    make_window,
    publish,
)

INPUTS = [
    {
        "source": "coingecko", "source_id": "bitcoin", "price_usd": "1E-8", "as_of": NOW.isoformat(),
        "is_used": True, "reason": "fresh",
    },
    {
        "source": "coinpaprika", "source_id": "btc-bitcoin", "price_usd": "64000.10",
        "as_of": (NOW - AGO).isoformat(), "is_used": False, "reason": "it's \"far\" away",
    },
]  # fmt: skip


@pytest.fixture(scope="module")
async def world(postgres_url: str, template_database: str) -> AsyncIterator[Sessions]:
    """A database with a little of everything, which nobody changes."""
    with fresh_database(postgres_url, template_database) as url:
        async with database(url) as sessions:
            await _fill(sessions)
            yield sessions


async def _fill(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        bitcoin = await make_asset(
            session, "bitcoin", rank=1, price_usd=Decimal("64000.100000000000000001"), price_inputs=INPUTS,
            market_cap_usd=Decimal("1200.50"), volume_usd_24h=Decimal(7), percent_change_24h=Decimal("-1.50"),
            percent_change_1h=Decimal(2), image_url="https://a/b.png", price_spread=Decimal("0.0010"),
            updated_at=NOW + timedelta(microseconds=120),
        )  # fmt: skip
        ethereum = await make_asset(
            session, "ethereum", rank=2, price_usd=Decimal("0.000000001"), market_cap_usd=Decimal(400),
            percent_change_24h=Decimal(3), symbol="ETH", price_as_of=NOW - timedelta(hours=5),
        )  # fmt: skip
        await make_asset(session, "dust", name='Dust "50%" \\ Coin_x', symbol=None, price_method="none")
        await make_asset(session, "unpriced", market_cap_usd=Decimal(400), rank=7)
        await make_asset(
            session, "bitcoin-old", successor_id=key(bitcoin), retired_at=NOW, market_cap_usd=Decimal(5)
        )
        gecko = await make_quoted(
            session, bitcoin, "coingecko", "bitcoin", "64000.10", rank=1, market_cap_usd=Decimal("1.0"),
            volume_usd_24h=None, source_updated_at=NOW - timedelta(hours=3),
        )  # fmt: skip
        paprika = await make_quoted(session, bitcoin, "coinpaprika", "btc-bitcoin", "64001")
        ether = await make_quoted(session, ethereum, "coingecko", "ethereum", "1")
        await make_address(session, gecko, "eip155:1/erc20:0xABC")
        await make_address(session, paprika, "eip155:1/erc20:0xabd")
        await _history(session, gecko, paprika, ether)
        await make_hold(session, ether, "0.010", source_updated_at=None)
        await make_hold(
            session, gecko, "1E+8", state=HoldState.RELEASED, settled_at=NOW, settled_by="ann",
            settled_because='a "new" unit', first_seen_at=NOW - AGO,
        )  # fmt: skip
        run = await make_run(session, prefect_run_id="run-1")
        child = await make_run(session, "coingecko", parent_id=key(run))
        await make_run(
            session, "coinpaprika", outcome=RunOutcome.FAILED, error="it's down", parent_id=key(run)
        )
        await make_run(session, "coingecko", outcome=RunOutcome.RUNNING, started_at=NOW, finished_at=None)
        await make_window(session, child, gecko)
        await make_window(session, child, gecko, year=2013, reason='HTTP 404: "not found"')
        await make_checkpoint(session, child, "coingecko")
        await make_checkpoint(session, child, "coinpaprika", "identity", completed_at=None)
        await make_drift(session, "coingecko", "odd", example={"a": [1.50, None, "é"]})
        await make_raw(session, child, "coingecko", "r1", {"id": "r1", "n": 1.10, "deep": [[{}]]})
        await make_raw(session, child, "coingecko", "r2", [], fetched_at=NOW - AGO)
        await make_reject(session, child, "coingecko", "r1")
        await make_reject(session, child, "coinpaprika", "r9", reason="odd", detail='a "quote"')
        for code, units in (("usd", "64000"), ("eur", "59000.5"), ("btc", "1"), ("dem", "99")):
            await make_rate(session, code, units, observed_at=NOW - (AGO if code != "dem" else timedelta(9)))
        await make_budget(
            session, "coingecko", a_month=4_000, spent_current=3_951, spent_history=8, allowed_per_minute=12.5,
            next_at=NOW + timedelta(hours=9), next_because='slowed, "next" later', paused_until=NOW - AGO,
        )  # fmt: skip
        await make_budget(session, "coinpaprika", exhausted_because="HTTP 402: none left")
        await make_job(
            session, "coingecko", outcome=RunOutcome.FAILED, failures=4, failing_since=NOW - AGO,
            benched_until=NOW + timedelta(hours=2), reason='HTTP 500: "later"', remedy="wait",
        )  # fmt: skip
        await make_job(session, "coinpaprika", outcome=RunOutcome.PARTIAL, reason="thin")
        await _doubts(session, bitcoin, ethereum)
        await publish(session, 3)


async def _history(session: AsyncSession, *listings: Listing) -> None:
    for number, listing in enumerate(listings):
        points = [
            (NOW - timedelta(minutes=37 * step, microseconds=step), f"{100 + step * (number + 1)}.50")
            for step in range(1, 60)
        ]
        days = [
            (NOW - timedelta(days=3 + day), f"{90 + 7 * day % (11 + number)}.25")
            for day in range(60)
            if day % 9
        ]
        longer = (NOW - timedelta(days=9 * number + 90), "90")
        await make_points(session, listing, [*points, *days, longer])


async def _doubts(session: AsyncSession, bitcoin: Asset, ethereum: Asset) -> None:
    doubtful = await make_listing(session, "coinpaprika", "btc-twin")
    own = await make_asset(session, "twin", price_usd=Decimal(2))
    await make_link(session, doubtful, own)
    await make_link(session, doubtful, bitcoin, state=LinkState.REVIEW, score=0.5, reasons=["names", 'a "b"'])
    decision = Decision(
        action=DecisionAction.REJECT, asset_id=key(ethereum), other_asset_id=key(bitcoin), note=None,
        decided_by="ann", decided_at=NOW,
    )  # fmt: skip
    session.add(decision)
    await session.flush()
    await make_link(
        session, doubtful, ethereum, state=LinkState.REJECTED, score=1e-07, decided_in=decision.id,
        retired_at=NOW, retired_because="person",
    )  # fmt: skip
    alert = PriceAlert(
        asset_id=key(bitcoin), condition="change_pct", value=Decimal("-5.0"), change_window="24h",
        currency="usd", state="armed", created_by="ann", created_at=NOW,
    )  # fmt: skip
    session.add(alert)
    await session.flush()
    notice = Notification(
        key="k", kind="price_alert", title="t", body="b\nc", alert_id=alert.id, created_at=NOW,
        state="pending", due_at=NOW,
    )  # fmt: skip
    session.add(notice)
    await session.flush()
    await session.execute(text("ANALYZE"))
