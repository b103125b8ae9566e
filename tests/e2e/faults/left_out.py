"""What is left out of the comparison, and why. Every other column of every other table is compared."""

from __future__ import annotations

from collections.abc import Mapping

TABLES: Mapping[str, str] = {
    "etl_runs": "bookkeeping of runs: a disturbed system has one more of them",
    "prunings": "bookkeeping of runs: when each table was last looked through",
    "raw_pages": "bookkeeping of runs: every page that came, also to a disturbed one",
    "source_budgets": "bookkeeping of runs: what providers were asked, also by a disturbed one",
}

ROWS: Mapping[str, tuple[str, str]] = {
    "notifications": (
        "kind <> 'run_failed'",
        "that a run failed is bookkeeping of runs: here one was made to",
    ),
}
"""The rows of a table that are compared, where it is not all, and why the others are not."""

COLUMNS: Mapping[str, str] = {
    "*.id": "a key of the inside: which number a row got depends on who came first",
    "*.run_id": "bookkeeping of runs",
    "*.created_at": "when it came",
    "*.updated_at": "when it came",
    "*.fetched_at": "when it came",
    "*.first_seen_at": "when it came",
    "*.registered_at": "when it came",
    "*.last_seen_at": "when it came",
    "*.asked_at": "when it came",
    "*.decided_at": "when it came",
    "*.rejected_at": "when it came",
    "*.due_at": "when it came",
    "asset_links.reasons": "what spoke for it in the run that decided it, that run's prices among it",
    "assets.price_confidence": "falls with the age that quotes had when they came",
    "dataset_version.version": "bookkeeping of runs: how many of them published something",
    "dataset_version.published_at": "when it came",
    "fx_rates.observed_at": "when it came: no provider dates its rates",
    "notifications.key": "names the run or the publication",
    "notifications.attempts": "bookkeeping of runs: how many of them tried to deliver",
}

WHETHER: Mapping[str, str] = {
    "retired_at": "when is not compared, whether is",
    "completed_at": "when is not compared, whether is",
    "deleted_at": "when is not compared, whether is",
    "undone_at": "when is not compared, whether is",
    "settled_at": "when is not compared, whether is",
    "went_back_at": "when is not compared, whether is",
    "last_fired_at": "when is not compared, whether is",
}
"""Columns of which only counts whether they say anything."""

UNDATED: Mapping[str, str] = {
    "fx_rates": "one row for each time it was asked: without the time, a second look is the same row",
}
"""Tables whose rows count once, however often they are there without their time of arrival."""

NAMED: Mapping[str, str] = {
    "listing_id": "(SELECT source || ':' || source_id FROM listings WHERE id = it.listing_id)",
    "asset_id": "(SELECT uid FROM assets WHERE id = it.asset_id)",
    "other_asset_id": "(SELECT uid FROM assets WHERE id = it.other_asset_id)",
    "successor_id": "(SELECT uid FROM assets WHERE id = it.successor_id)",
    "alert_id": "(SELECT created_by || ':' || coalesce(note, '') FROM price_alerts WHERE id = it.alert_id)",
    "hold_id": (
        "(SELECT source || ':' || source_id || ' ' || state FROM held_quotes h JOIN listings l ON l.id = listing_id"
        " WHERE h.id = it.hold_id)"
    ),
    "decided_in": "(SELECT coalesce(origin, note) FROM decisions WHERE id = it.decided_in)",
    "retired_in": "(SELECT coalesce(origin, note) FROM decisions WHERE id = it.retired_in)",
}
"""Keys of the inside, and what the row that they mean is called outside."""
