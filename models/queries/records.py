"""Which records: payloads as received, and those that could not be used."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Text, cast, select

from models.queries.paging import Order, Rows, ordered
from models.queries.tables import RAW, REJECTS

NEWEST_RAW = Order(RAW.c.fetched_at, RAW.c.id, descending=True, tie_descending=True, nullable=False)
NEWEST_REJECT = Order(REJECTS.c.id, REJECTS.c.id, descending=True, tie_descending=True, nullable=False)


def raw_records(source: str, record_id: str | None = None, feed: str | None = None) -> Rows:
    """Select a source's payloads, in no order; `payload` is JSON text, so that every number stays as it was written."""
    columns = (column for column in RAW.c if column.name not in {"payload", "content_hash"})
    rows = select(*columns, cast(RAW.c.payload, Text).label("payload")).where(RAW.c.source == source)
    if record_id is not None:
        rows = rows.where(RAW.c.record_id == record_id)
    return rows if feed is None else rows.where(RAW.c.feed == feed)


@dataclass(frozen=True, slots=True)
class RejectFilter:
    """What a reject must be; None asks nothing."""

    source: str | None = None
    feed: str | None = None
    record_id: str | None = None
    reason: str | None = None


def rejects(wanted: RejectFilter) -> Rows:
    """Select what could not be used, in no order; `payload` is JSON text."""
    columns = (column for column in REJECTS.c if column.name not in {"payload", "content_hash"})
    rows = select(*columns, cast(REJECTS.c.payload, Text).label("payload"))
    for column, value in (
        (REJECTS.c.source, wanted.source),
        (REJECTS.c.feed, wanted.feed),
        (REJECTS.c.record_id, wanted.record_id),
        (REJECTS.c.reason, wanted.reason),
    ):
        if value is not None:
            rows = rows.where(column == value)
    return rows


def newest_raw(source: str, record_id: str, feed: str | None = None) -> Rows:
    """Select the newest payload of one record."""
    return ordered(raw_records(source, record_id, feed), NEWEST_RAW).limit(1)
