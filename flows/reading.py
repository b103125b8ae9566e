"""From a page to what is kept of it: pure, so that a recorded page is all it takes to test it.

Every record is kept raw. It is understood, or rejected with the reason; a listing whose numbers cannot be used is
both: the coin is known, its quote is the reject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from flows import wire
from flows.errors import Fatal, RecordRejected, SourceError
from flows.sources.contract import Feed, Fetched, Page, PageRequest, Record, Seen
from models.records import FxRate, Listing, Payload, Quote, RawRecord, Reject

BODY_KEPT = 20_000
"""How much of a page that is no page is kept with its reject."""

ID_KEPT = 500
"""How many characters of a record's id or a field's name are kept: an index must hold them."""

MISREAD = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What reading trips over where a value is of a kind that nobody foresaw."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A page as decoded, and what stays of its bytes."""

    page: Page
    request: PageRequest
    fetched_at: datetime
    fingerprint: bytes


@dataclass(slots=True)
class Batch:
    """What one page brought."""

    source: str
    feed_name: str
    feed: Feed
    arrival: Arrival
    listings: list[Listing] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    rates: list[FxRate] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    drift: dict[str, str] = field(default_factory=dict)
    """Keys that the source sends and nobody reads, with the first value seen, as JSON text."""

    @property
    def received(self) -> int:
        """Count the records of the page, usable or not."""
        return len(self.arrival.page.records)

    @property
    def raw(self) -> Iterator[RawRecord]:
        """Spell the page's records as received, one at a time: all their texts at once are the page over again."""
        for record in self.arrival.page.records:
            payload, record_id = wire.encode(record), _id_of(self.feed, record)
            content_hash = wire.hash_of(payload)
            yield RawRecord(
                self.source, self.feed_name, record_id, payload, content_hash, self.arrival.fetched_at
            )

    def reject(self, record: Payload, reason: str, detail: str) -> None:
        """Keep a record that cannot be used, with the reason."""
        place = (self.source, self.feed_name)
        payload, record_id = wire.encode(record), _id_of(self.feed, record)
        self.rejects.append(reject_of(place, record_id, reason, detail, payload=payload))

    def add(self, record: Record) -> None:
        """Put a record where its kind belongs."""
        match record:
            case Listing():
                self.listings.append(record)
            case Quote():
                self.quotes.append(record)
            case FxRate():
                self.rates.append(record)


def arrive(source: str, feed_name: str, feed: Feed, fetched: Fetched, request: PageRequest) -> Arrival:
    """Decode one page: from here on its bytes can be let go. Raises like `page_of`."""
    page = page_of(source, feed_name, feed, fetched, request)
    fingerprint = hashlib.blake2b(fetched.body, digest_size=16).digest()
    return Arrival(page, request, fetched.fetched_at, fingerprint)


def understand(source: str, feed_name: str, feed: Feed, arrival: Arrival) -> Batch:
    """Understand every record of a page that arrived."""
    batch = Batch(source, feed_name, feed, arrival)
    seen = Seen(arrival.request, arrival.fetched_at, arrival.page.as_of)
    for record in arrival.page.records:
        _read_record(batch, record, seen)
    batch.rejects += rejects_of(source, feed_name, arrival.page)
    return batch


def page_of(source: str, feed_name: str, feed: Feed, fetched: Fetched, request: PageRequest) -> Page:
    """Understand one page. Raises the feed's `SourceError` where the page as a whole is not what it should be."""
    try:
        return feed.read_page(fetched.body, request)
    except SourceError as error:
        raise error.at(source) from None
    except MISREAD as error:
        told = f"{request.key} is no page of {feed_name} ({type(error).__name__}: {error})"
        raise Fatal(told[:500], source=source, body=fetched.body) from error


def rejects_of(source: str, feed_name: str, page: Page) -> list[Reject]:
    """Keep what a page holds that could not even be told apart as a record."""
    place = (source, feed_name)
    return [
        reject_of(place, record_id, reason, detail, payload=wire.encode(detail))
        for record_id, reason, detail in page.rejects
    ]


def _read_record(batch: Batch, raw: Payload, seen: Seen) -> None:
    if not isinstance(raw, dict):
        batch.reject(raw, "malformed", f"a record must be an object, got {type(raw).__name__}")
        return
    left = dict(raw)
    try:
        for record in batch.feed.parse(left, seen):
            batch.add(record)
    except RecordRejected as error:
        batch.reject(raw, error.reason, error.detail)
    except (*MISREAD, SourceError) as error:
        batch.reject(raw, "unreadable", f"{type(error).__name__}: {error}"[:500])
    else:
        for key in left.keys() - batch.feed.ignored:
            batch.drift.setdefault(wire.printable(key)[:ID_KEPT], wire.encode(left[key]))


def _id_of(feed: Feed, record: Payload) -> str:
    return wire.printable(feed.record_id(record) if isinstance(record, dict) else "")[:ID_KEPT]


def reject_of(place: tuple[str, str], record_id: str, reason: str, detail: str, *, payload: str) -> Reject:
    """Make a reject of what (source, feed) sent; `payload` is its JSON text."""
    return Reject(*place, record_id, reason, wire.printable(detail), payload, wire.hash_of(payload))


def reject_of_page(source: str, feed_name: str, request: PageRequest, error: SourceError) -> Reject:
    """Keep a page that could not be used, with what its sender answered."""
    answered = wire.encode(error.body[:BODY_KEPT].decode("utf-8", "replace"))
    reason = type(error).__name__
    return reject_of((source, feed_name), request.key, reason, str(error), payload=answered)
