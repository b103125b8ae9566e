"""Rows as the older REST services printed them. The types are what `/openapi.json` says of the answers."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import orjson
from pydantic import InstanceOf, WithJsonSchema
from typing_extensions import TypedDict

from graphql_api.planner.rows import Row
from graphql_api.scalars import print_datetime

Number = Annotated[Decimal, WithJsonSchema({"type": "number"})]
Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Payload = Annotated[InstanceOf[orjson.Fragment], WithJsonSchema({"description": "What the source sent."})]


class Observation(TypedDict):
    """What a source says of a coin, now or at a moment."""

    asset_uid: str | None
    source: str
    external_id: str
    coingecko_id: str | None
    coinpaprika_id: str | None
    name: str | None
    symbol: str | None
    value: Number | None
    currency: str
    rate: Number | None
    rate_as_of: Moment | None
    price_usd: Number | None
    market_cap_usd: Number | None
    volume_24h_usd: Number | None
    percent_change_24h: Number | None
    rank: int | None
    timestamp: Moment | None
    source_updated_at: Moment | None
    ingested_at: Moment | None


class Unified(TypedDict):
    """An asset with its unified numbers."""

    asset_uid: str
    name: str
    symbol: str | None
    rank: int | None
    value: Number | None
    currency: str
    rate: Number | None
    rate_as_of: Moment | None
    price_usd: Number | None
    price_method: str | None
    price_spread: Number | None
    price_confidence: Number | None
    is_price_stale: bool | None
    market_cap_usd: Number | None
    volume_24h_usd: Number | None
    percent_change_1h: Number | None
    percent_change_24h: Number | None
    percent_change_7d: Number | None
    circulating_supply: Number | None
    total_supply: Number | None
    max_supply: Number | None
    image_url: str | None
    timestamp: Moment | None
    updated_at: Moment | None


class RawRecord(TypedDict):
    """A payload as it was received."""

    id: int
    source: str
    feed: str
    record_id: str
    payload: Payload
    fetched_at: Moment | None
    run_id: int


class Run(TypedDict):
    """A run, and what it did."""

    run_id: int
    flow: str
    source: str | None
    status: str
    started_at: Moment | None
    finished_at: Moment | None
    pages: int
    records_processed: int
    records_new: int
    records_changed: int
    records_unchanged: int
    records_rejected: int
    error: str | None
    remedy: str | None
    dataset_version: int | None
    prefect_run_id: str | None


class Checkpoint(TypedDict):
    """How far a feed got."""

    source: str
    feed: str
    page: str
    records: int
    completed_at: Moment | None
    updated_at: Moment | None
    run_id: int


class Budget(TypedDict):
    """What a source may still be asked, for all workers together."""

    requests_per_minute: float
    allowed_per_minute: float
    limit: int | None
    spent: int
    spent_current: int
    spent_history: int
    left: int | None
    period_ends_at: Moment | None
    paused_until: Moment | None
    next_at: Moment | None
    reason: str | None


class Standing(TypedDict):
    """How a source does, why, and when it is asked again."""

    state: str
    failures: int
    failing_since: Moment | None
    next_try: Moment | None
    reason: str | None
    remedy: str | None


def moment(at: datetime | None) -> str | None:
    """Print a time, if there is one."""
    return None if at is None else print_datetime(at)


def observation(row: Row) -> Observation:
    """Shape what a source says of a coin."""
    return {
        "asset_uid": row.asset_uid,
        "source": row.source,
        "external_id": row.source_id,
        "coingecko_id": row.coingecko_id,
        "coinpaprika_id": row.coinpaprika_id,
        "name": row.name,
        "symbol": row.symbol,
        "value": row.value,
        "currency": row.currency,
        "rate": row.rate,
        "rate_as_of": moment(row.rate_as_of),
        "price_usd": row.price_usd,
        "market_cap_usd": row.market_cap_usd,
        "volume_24h_usd": row.volume_usd_24h,
        "percent_change_24h": row.percent_change_24h,
        "rank": row.rank,
        "timestamp": moment(row.observed_at),
        "source_updated_at": moment(row.source_updated_at),
        "ingested_at": moment(row.ingested_at),
    }


def unified(row: Row) -> Unified:
    """Shape an asset with its unified numbers."""
    return {
        "asset_uid": row.uid,
        "name": row.name,
        "symbol": row.symbol,
        "rank": row.rank,
        "value": row.price_amount,
        "currency": row.price_currency,
        "rate": row.price_rate,
        "rate_as_of": moment(row.price_rate_as_of),
        "price_usd": row.price_usd,
        "price_method": row.price_method,
        "price_spread": row.price_spread,
        "price_confidence": row.price_confidence,
        "is_price_stale": row.price_stale,
        "market_cap_usd": row.market_cap_usd,
        "volume_24h_usd": row.volume_usd_24h,
        "percent_change_1h": row.percent_change_1h,
        "percent_change_24h": row.percent_change_24h,
        "percent_change_7d": row.percent_change_7d,
        "circulating_supply": row.circulating_supply,
        "total_supply": row.total_supply,
        "max_supply": row.max_supply,
        "image_url": row.image_url,
        "timestamp": moment(row.price_as_of),
        "updated_at": moment(row.updated_at),
    }


def raw_record(row: Row) -> RawRecord:
    """Shape a payload; what was received goes through as it is."""
    return {
        "id": row.id,
        "source": row.source,
        "feed": row.feed,
        "record_id": row.record_id,
        "payload": orjson.Fragment(row.payload),
        "fetched_at": moment(row.fetched_at),
        "run_id": row.run_id,
    }


def run(row: Row) -> Run:
    """Shape a run."""
    return {
        "run_id": row.id,
        "flow": row.flow,
        "source": row.source,
        "status": row.outcome,
        "started_at": moment(row.started_at),
        "finished_at": moment(row.finished_at),
        "pages": row.pages,
        "records_processed": row.fetched,
        "records_new": row.new,
        "records_changed": row.changed,
        "records_unchanged": row.unchanged,
        "records_rejected": row.rejected,
        "error": row.error,
        "remedy": row.remedy,
        "dataset_version": row.dataset_version,
        "prefect_run_id": row.prefect_run_id,
    }


def checkpoint(row: Row) -> Checkpoint:
    """Shape how far a feed got."""
    return {
        "source": row.source,
        "feed": row.feed,
        "page": row.page,
        "records": row.records,
        "completed_at": moment(row.completed_at),
        "updated_at": moment(row.updated_at),
        "run_id": row.run_id,
    }


def budget(row: Row) -> Budget:
    """Shape what a source may still be asked."""
    return {
        "requests_per_minute": row.requests_per_minute,
        "allowed_per_minute": row.allowed_per_minute,
        "limit": row.limit,
        "spent": row.spent,
        "spent_current": row.spent_current,
        "spent_history": row.spent_history,
        "left": row.left,
        "period_ends_at": moment(row.period_ends_at),
        "paused_until": moment(row.paused_until),
        "next_at": moment(row.next_at),
        "reason": row.reason,
    }


def standing(row: Row) -> Standing:
    """Shape how a source does."""
    return {
        "state": row.state,
        "failures": row.failures,
        "failing_since": moment(row.failing_since),
        "next_try": moment(row.next_try_at),
        "reason": row.reason,
        "remedy": row.remedy,
    }
