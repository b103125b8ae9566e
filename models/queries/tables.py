"""The tables as readers see them: plain columns, since rows go out as they are and are never written back."""

from __future__ import annotations

from sqlalchemy import Table

from models.tables import metadata


def _table(name: str) -> Table:
    return metadata.tables[name]


ALERTS = _table("price_alerts")
ASSETS = _table("assets")
ADDRESSES = _table("listing_addresses")
BUDGETS = _table("source_budgets")
CANDLES = _table("price_candles")
CHECKPOINTS = _table("etl_checkpoints")
DATASET = _table("dataset_version")
DECISIONS = _table("decisions")
DRIFT = _table("source_drift")
HELD = _table("held_quotes")
HELD_POINTS = _table("held_points")
JOBS = _table("source_jobs")
LANDED = _table("landed_quotes")
LINKS = _table("asset_links")
LISTINGS = _table("listings")
NOTIFICATIONS = _table("notifications")
POINTS = _table("price_points")
PRUNINGS = _table("prunings")
QUOTES = _table("quotes")
RATES = _table("fx_rates")
RAW = _table("raw_records")
PAGES = _table("raw_pages")
REJECTS = _table("rejected_records")
RUNS = _table("etl_runs")
SOURCES = _table("sources")
WINDOWS = _table("history_windows")
