"""From an answer about the past to what is kept of it: pure, so that a recorded body is all it takes to test it."""

from __future__ import annotations

from dataclasses import dataclass, field

from flows import wire
from flows.days import Days
from flows.errors import Fatal, RecordRejected, SourceError
from flows.reading import MISREAD, reject_of
from flows.sources.contract import Fetched, History, PageRequest
from models.records import PastPrice, RawRecord, Reject

FEED = "history"
"""The name under which answers are kept raw, and rejects of them."""


@dataclass(slots=True)
class Chart:
    """What one answer brought."""

    raw: RawRecord
    points: list[PastPrice] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    drift: dict[str, str] = field(default_factory=dict)


def chart_of(
    source: str, history: History, fetched: Fetched, request: PageRequest, source_id: str, days: Days
) -> Chart:
    """Read an answer. Points of other days are none of ours: the last may be "now", off any boundary.

    Raises a `SourceError` where the body as a whole is not what it should be.
    """
    try:
        rows = history.read_rows(fetched.body)
    except SourceError as error:
        raise error.at(source) from None
    except MISREAD as error:
        told = f"{request.key} is no history ({type(error).__name__}: {error})"
        raise Fatal(told[:500], source=source, body=fetched.body) from error
    record_id = f"{source_id} {days}"
    payload = wire.encode(wire.decode(fetched.body))
    chart = Chart(RawRecord(source, FEED, record_id, payload, wire.hash_of(payload), fetched.fetched_at))
    for row in rows:
        _read_row(chart, history, row)
    starts_at, ends_at = days.starts_at, days.ends_at
    chart.points = [point for point in chart.points if starts_at <= point.observed_at < ends_at]
    return chart


def _read_row(chart: Chart, history: History, row: object) -> None:
    try:
        left = dict(row) if isinstance(row, dict) else _no_object(row)
        point = history.parse(left, chart.raw.fetched_at)
    except RecordRejected as error:
        _reject(chart, row, error.reason, error.detail)
    except (*MISREAD, SourceError) as error:
        _reject(chart, row, "unreadable", f"{type(error).__name__}: {error}"[:500])
    else:
        chart.points.append(point)
        for key in left.keys() - history.ignored:
            chart.drift.setdefault(wire.printable(key)[:500], wire.encode(left[key]))


def _no_object(row: object) -> dict[str, object]:
    raise RecordRejected("malformed", f"a point must be an object, got {type(row).__name__}")


def _reject(chart: Chart, row: object, reason: str, detail: str) -> None:
    source, record_id = chart.raw.source, chart.raw.record_id
    chart.rejects.append(reject_of((source, FEED), record_id, reason, detail, payload=wire.encode(row)))
