"""Rows as the older REST services printed them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from graphql_api.planner.rows import Row
from graphql_api.scalars import print_datetime

Shape = dict[str, Any]


def moment(at: datetime | None) -> str | None:
    """Print a time, if there is one."""
    return None if at is None else print_datetime(at)


def observation(row: Row) -> Shape:
    """Shape what a source says of a coin, now or at a moment."""
    return {
        "asset_uid": row.asset_uid,
        "source": row.source,
        "external_id": row.source_id,
        "coingecko_id": row.coingecko_id,
        "coinpaprika_id": row.coinpaprika_id,
        "name": row.name,
        "symbol": row.symbol,
        "value": row.price_usd,
        "price_usd": row.price_usd,
        "market_cap_usd": row.market_cap_usd,
        "volume_24h_usd": row.volume_usd_24h,
        "percent_change_24h": row.percent_change_24h,
        "rank": row.rank,
        "timestamp": moment(row.observed_at),
        "source_updated_at": moment(row.source_updated_at),
        "ingested_at": moment(row.ingested_at),
    }


def unified(row: Row) -> Shape:
    """Shape an asset with its unified numbers."""
    return {
        "asset_uid": row.uid,
        "name": row.name,
        "symbol": row.symbol,
        "rank": row.rank,
        "value": row.price_usd,
        "price_usd": row.price_usd,
        "price_method": row.price_method,
        "price_spread": row.price_spread,
        "price_confidence": row.price_confidence,
        "is_price_stale": row.is_price_stale,
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


def raw_record(row: Row) -> Shape:
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


def run(row: Row) -> Shape:
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


def checkpoint(row: Row) -> Shape:
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
