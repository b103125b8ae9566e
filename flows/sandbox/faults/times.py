"""Faults of when: what a reply says of its own age."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flows.sandbox.faults.reply import Kind, Occasion, Reply, described
from flows.sandbox.faults.rows import Row, each, read, rows_of, with_rows, write


def stale(reply: Reply, _: Occasion) -> Reply:
    """Tell times two days old, and prices of now."""
    return _moved(reply, timedelta(days=-2))


def clock_ahead(reply: Reply, _: Occasion) -> Reply:
    """Let the provider's clock be an hour fast."""
    return _moved(reply, timedelta(hours=1))


def clock_far_ahead(reply: Reply, _: Occasion) -> Reply:
    """Let the provider's clock be a week fast."""
    return _moved(reply, timedelta(days=7))


def _moved(reply: Reply, by: timedelta) -> Reply:
    """Move the times of the rows, and of the envelope where it has one."""

    def moved(row: Row, _: int) -> Row:
        told = row.get("last_updated")
        return row | {"last_updated": _later(told, by)} if isinstance(told, str) else row

    data: Any = read(reply)
    if (rows := rows_of(data)) is None:
        return reply
    if isinstance(data, dict) and "timestamp" in data:
        data = data | {"timestamp": data["timestamp"] + int(by.total_seconds() * 1000)}
    return write(reply, with_rows(data, each(rows, moved)))


def _later(told: str, by: timedelta) -> str:
    """Spell the time as it was: with milliseconds, or without."""
    spelled = "milliseconds" if "." in told else "seconds"
    return (datetime.fromisoformat(told) + by).isoformat(timespec=spelled).replace("+00:00", "Z")


FAULTS = described(Kind.DATA, stale, clock_ahead, clock_far_ahead)
