"""Which records: payloads as received, and those that could not be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, func, select, true

from models.queries.moments import between
from models.queries.paging import Order, Rows, ordered
from models.queries.tables import PAGES, RAW, REJECTS, RUNS

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


def rejects_of(prefect_run_id: str) -> Rows:
    """Select what a run of Prefect's was the first to reject, in the order it did."""
    runs = select(RUNS.c.id).where(RUNS.c.prefect_run_id == prefect_run_id)
    columns = (REJECTS.c[name] for name in ("source", "record_id", "reason", "detail"))
    return select(*columns).where(REJECTS.c.run_id.in_(runs)).order_by(REJECTS.c.id)


def pages(source: str | None = None, since: datetime | None = None) -> Rows:
    """Select the pages that were kept, of one source or of all, in the order they came."""
    columns = (column for column in PAGES.c if column.name != "records")
    rows = select(*columns).where(*between(PAGES.c.fetched_at, since, None)).order_by(PAGES.c.id)
    return rows if source is None else rows.where(PAGES.c.source == source)


def payloads(page_id: int) -> Rows:
    """Select the `payload`s of a page as JSON text, in their order."""
    told = (
        func.unnest(PAGES.c.records)
        .table_valued("id", with_ordinality="place")
        .render_derived()
        .lateral("told")
    )
    return (
        select(cast(RAW.c.payload, Text).label("payload"))
        .select_from(PAGES.join(told, true()).join(RAW, RAW.c.id == told.c.id))
        .where(PAGES.c.id == page_id)
        .order_by(told.c.place)
    )


def newest_raw(source: str, record_id: str, feed: str | None = None) -> Rows:
    """Select the newest payload of one record."""
    return ordered(raw_records(source, record_id, feed), NEWEST_RAW).limit(1)
