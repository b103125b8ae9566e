"""A source of a test's own: pages of rows kept in a dictionary, fetched without a network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from flows import wire
from flows.engine import SourceReport, ingest_source
from flows.fields import decimal_of, id_of, instant_of, price_of
from flows.sources.contract import Feed, Fetched, Origin, Page, PageRequest, Record, Seen, Source, Volume
from flows.workshop import Workshop
from models.records import Listing, Quote
from models.store.sources import register_sources

NAME = "toy"
START = datetime(2026, 6, 26, 9, 50, tzinfo=UTC)


def _read_page(body: bytes, _: PageRequest) -> Page:
    data = wire.decode_object(body, "rows")
    following = data.get("next")
    return Page(data["rows"], PageRequest(following) if following else None)


def _parse(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
    source_id = id_of(raw.pop("id", None))
    yield Listing(NAME, source_id, symbol=source_id, name=source_id)
    yield Quote(
        NAME,
        source_id,
        fetched_at=seen.fetched_at,
        source_updated_at=instant_of(raw.pop("at", None), "at", now=seen.fetched_at),
        price_usd=price_of(decimal_of(raw.pop("price", None), "price"), "price"),
    )


def toy_source(at_least: int = 1) -> Source:
    """Make the source, which expects so many records."""
    feed = Feed(
        first_page=lambda _: PageRequest("/1"),
        read_page=_read_page,
        parse=_parse,
        record_id=lambda raw: str(raw.get("id")),
        volume=Volume(at_least, max(at_least, 10)),
    )
    return Source(NAME, "Toy", lambda _: Origin("https://toy.example.org"), feed)


@dataclass(slots=True)
class Toy:
    """The source's pages, and its clock."""

    shop: Workshop
    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    now: datetime = START

    def tell(self, path: str, *rows: dict[str, object], next_path: str | None = None) -> None:
        """Answer so at a path from now on."""
        self.pages[path] = orjson.dumps({"rows": rows, "next": next_path})

    async def fetch(self, _shop: Workshop, _source: Source, _feed: Feed, request: PageRequest) -> Fetched:
        """Fetch a page out of the dictionary."""
        self.asked.append(request.path)
        return Fetched(self.pages[request.path], self.now)

    async def ingest(self) -> SourceReport:
        """Bring in what the source tells now."""
        return await ingest_source(self.shop, NAME, fetch=self.fetch)


async def toy_in(shop: Workshop, at_least: int = 1) -> Toy:
    """Put the source into a workshop and its database."""
    source = toy_source(at_least)
    async with shop.sessions.begin() as session:
        await register_sources(session, {NAME: source.title}, START)
    return Toy(replace(shop, sources={**shop.sources, NAME: source}))


class Killed(BaseException):
    """Stands in for the death of the process: nothing on the way may catch it."""


@contextmanager
def killed() -> Iterator[None]:
    """Expect to be killed in the block."""
    try:
        yield
    except Killed:
        return
    raise AssertionError("nobody was killed")
