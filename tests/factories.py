"""Rows for tests, each with as much said as the test needs and the rest plausible."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

import orjson
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from models.budgets import period_end
from models.outcomes import HoldReason, HoldState, LinkState, RunOutcome
from models.store.history import load_points
from models.store.months import make_months, month_of
from models.tables import (
    Asset,
    AssetLink,
    Checkpoint,
    DatasetVersion,
    FxRate,
    HeldPoint,
    HeldQuote,
    HistoryWindow,
    Listing,
    ListingAddress,
    Quote,
    RawRecord,
    RejectedRecord,
    Run,
    Source,
    SourceBudget,
    SourceDrift,
    SourceJob,
)

_Keyed = Asset | Listing | Run

NOW = datetime.now(UTC).replace(microsecond=0)
AGO = timedelta(minutes=5)
Table = TypeVar("Table", bound=SQLModel)
_numbers = count(1)


async def _add(session: AsyncSession, row: Table) -> Table:
    session.add(row)
    await session.flush()
    return row


def key(row: _Keyed) -> int:
    """Return the key of a row that was inserted."""
    assert row.id is not None
    return int(row.id)


async def make_source(session: AsyncSession, name: str = "coingecko", **said: object) -> Source:
    """Insert a source, or return the one there is."""
    known = await session.get(Source, name)
    values: dict[str, Any] = {"title": name.title(), "registered_at": NOW} | said
    return known or await _add(session, Source(name=name, **values))


async def make_budget(session: AsyncSession, source: str = "coingecko", **said: object) -> SourceBudget:
    """Insert a source's budget: a hundred requests a minute, and no end unless told otherwise."""
    await make_source(session, source)
    values: dict[str, Any] = {
        "requests_per_minute": 100.0, "allowed_per_minute": 100.0, "tokens": 20.0, "refilled_at": NOW,
        "period_ends_at": period_end(NOW), "spent_current": 0, "spent_history": 0, "pass_spent": 0, "daily_cost": 0,
    } | said  # fmt: skip
    return await _add(session, SourceBudget(source=source, **values))


async def make_job(session: AsyncSession, source: str = "coingecko", **said: object) -> SourceJob:
    """Insert how a source's ingest stands: well, unless told otherwise."""
    await make_source(session, source)
    values: dict[str, Any] = {"flow": "ingest", "outcome": RunOutcome.SUCCESS, "failures": 0} | said
    return await _add(session, SourceJob(source=source, **values))


async def make_run(session: AsyncSession, source: str | None = None, **said: object) -> Run:
    """Insert a run that succeeded; of one source, or of all."""
    if source is not None:
        await make_source(session, source)
    values: dict[str, Any] = {
        "flow": "etl" if source is None else "ingest",
        "outcome": RunOutcome.SUCCESS,
        "started_at": NOW - AGO,
        "finished_at": NOW - AGO + timedelta(seconds=2),
    }
    return await _add(session, Run(source=source, **(values | said)))


async def make_asset(session: AsyncSession, uid: str | None = None, **said: object) -> Asset:
    """Insert an asset. With a `price_usd` it has a fresh unified price, unless told otherwise."""
    uid = uid or f"coin-{next(_numbers)}"
    values: dict[str, Any] = {
        "symbol": uid[:3].upper(),
        "name": uid.title(),
        "created_at": NOW,
        "updated_at": NOW,
    }
    if said.get("price_usd") is not None:
        values |= {"price_method": "median", "price_confidence": 0.9, "price_as_of": NOW}
    return await _add(session, Asset(uid=uid, **(values | said)))


async def make_listing(
    session: AsyncSession,
    source: str = "coingecko",
    source_id: str | None = None,
    **said: object,
) -> Listing:
    """Insert a listing, and its source where it is new."""
    await make_source(session, source)
    source_id = source_id or f"listing-{next(_numbers)}"
    values: dict[str, Any] = {
        "symbol": source_id[:3].upper(),
        "name": source_id.title(),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return await _add(session, Listing(source=source, source_id=source_id, **(values | said)))


async def make_link(session: AsyncSession, listing: Listing, asset: Asset, **said: object) -> AssetLink:
    """Insert a decision: accepted and in force, unless told otherwise."""
    values: dict[str, Any] = {
        "state": LinkState.ACCEPTED,
        "method": "source_id",
        "score": 1.0,
        "reasons": ["linked by the source's own id"],
        "decided_by": "matcher",
        "decided_at": NOW,
    }
    return await _add(session, AssetLink(listing_id=key(listing), asset_id=key(asset), **(values | said)))


async def make_quote(session: AsyncSession, listing: Listing, price_usd: str = "1", **said: object) -> Quote:
    """Insert a listing's published quote."""
    values: dict[str, Any] = {"fetched_at": NOW, "source_updated_at": NOW - timedelta(seconds=30)}
    return await _add(
        session, Quote(listing_id=key(listing), price_usd=Decimal(price_usd), **(values | said))
    )


async def make_hold(
    session: AsyncSession, listing: Listing, price_usd: str = "100", **said: object
) -> HeldQuote:
    """Insert a quote that waits, seen once."""
    values: dict[str, Any] = {
        "reason": HoldReason.JUMP, "detail": "its price is 100 times its recent median of 1 US dollars",
        "known_usd": Decimal(1), "state": HoldState.HELD, "times_seen": 1, "fetched_at": NOW,
        "source_updated_at": NOW - timedelta(seconds=30), "first_seen_at": NOW, "last_seen_at": NOW,
    }  # fmt: skip
    values |= said
    hold = await _add(session, HeldQuote(listing_id=key(listing), price_usd=Decimal(price_usd), **values))
    assert hold.id is not None
    session.add(HeldPoint(hold_id=hold.id, observed_at=hold.last_seen_at, price_usd=hold.price_usd))
    await session.flush()
    return hold


async def make_quoted(
    session: AsyncSession,
    asset: Asset,
    source: str = "coingecko",
    source_id: str | None = None,
    price_usd: str = "1",
    **said: object,
) -> Listing:
    """Insert a listing with a quote, accepted for an asset."""
    listing = await make_listing(session, source, source_id)
    await make_link(session, listing, asset)
    await make_quote(session, listing, price_usd, **said)
    return listing


async def make_address(
    session: AsyncSession, listing: Listing, caip19: str, **said: object
) -> ListingAddress:
    """Insert a contract address of a listing."""
    values: dict[str, Any] = {"first_seen_at": NOW} | said
    return await _add(session, ListingAddress(listing_id=key(listing), caip19=caip19, **values))


async def make_points(
    session: AsyncSession, listing: Listing, points: Sequence[tuple[datetime, str]]
) -> None:
    """Insert price points, with the partitions that they need and the candles that they make."""
    connection = await session.connection()
    await connection.run_sync(make_months, {month_of(at) for at, _ in points})
    await load_points(session, [(key(listing), at, Decimal(price), None, None) for at, price in points])


async def make_window(session: AsyncSession, run: Run, listing: Listing, **said: object) -> HistoryWindow:
    """Insert what was asked of a year of a listing's history: all of last year, and nothing came."""
    values: dict[str, Any] = {"year": NOW.year - 1, "points": 0, "reason": None, "asked_at": NOW} | said
    first_on, last_on = (date(values["year"], month, day) for month, day in ((1, 1), (12, 31)))
    days = {"first_on": first_on, "last_on": last_on}
    return await _add(session, HistoryWindow(listing_id=key(listing), run_id=key(run), **(days | values)))


async def make_rate(session: AsyncSession, code: str, units_per_btc: str, **said: object) -> FxRate:
    """Insert what a bitcoin bought of a currency, and its source where it is new."""
    values: dict[str, Any] = {
        "source": "coingecko",
        "name": code.title(),
        "kind": "fiat",
        "observed_at": NOW - AGO,
    } | said
    await make_source(session, values["source"])
    return await _add(session, FxRate(code=code, units_per_btc=Decimal(units_per_btc), **values))


async def make_raw(
    session: AsyncSession,
    run: Run,
    source: str,
    record_id: str,
    payload: object,
    **said: object,
) -> RawRecord:
    """Insert a payload as received."""
    values: dict[str, Any] = {"feed": "quotes", "fetched_at": NOW} | said
    return await _add(
        session,
        RawRecord(
            source=source,
            record_id=record_id,
            payload=payload,
            content_hash=_hash(payload),
            run_id=key(run),
            **values,
        ),
    )


async def make_reject(
    session: AsyncSession, run: Run, source: str, record_id: str, **said: object
) -> RejectedRecord:
    """Insert a record that could not be used."""
    payload = {"id": record_id}
    values: dict[str, Any] = {
        "feed": "quotes", "reason": "no_price", "detail": "price is null", "payload": payload,
        "content_hash": _hash(payload), "rejected_at": NOW,
    }  # fmt: skip
    return await _add(
        session, RejectedRecord(source=source, record_id=record_id, run_id=key(run), **(values | said))
    )


async def make_checkpoint(
    session: AsyncSession, run: Run, source: str, feed: str = "quotes", **said: object
) -> Checkpoint:
    """Insert how far a feed got."""
    values: dict[str, Any] = {
        "page": "/coins/markets?page=1", "records": 250, "fingerprint": b"f", "completed_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return await _add(session, Checkpoint(source=source, feed=feed, run_id=key(run), **(values | said)))


async def make_drift(session: AsyncSession, source: str, field: str, **said: object) -> SourceDrift:
    """Insert a key that nobody expected."""
    values: dict[str, Any] = {"feed": "quotes", "example": {"a": 1}, "first_seen_at": NOW} | said
    return await _add(session, SourceDrift(source=source, field=field, **values))


async def publish(session: AsyncSession, version: int = 1, upstream: str = "SANDBOX") -> None:
    """Set the dataset's one row."""
    values: dict[str, Any] = {"version": version, "upstream": upstream, "published_at": NOW}
    changed = await session.execute(update(DatasetVersion).values(**values))
    if not changed.rowcount:  # type: ignore[attr-defined]
        await _add(session, DatasetVersion(**values))


def _hash(payload: object) -> bytes:
    return hashlib.sha256(orjson.dumps(payload, default=str)).digest()
