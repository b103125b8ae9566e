"""A fourth source, as somebody would add it: this one file and one line of the registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flows import wire
from flows.fields import decimal_of, id_of, instant_of, positive, price_of, text_of
from flows.settings import SourceSettings
from flows.sources.contract import Feed, Origin, Page, PageRequest, Record, Seen, Source, Volume
from models.records import Listing, Quote

NAME = "acme"


def _origin(settings: SourceSettings) -> Origin:
    headers = {"x-acme-key": settings.api_key} if settings.api_key else {}
    return Origin(settings.base_url or "https://api.acme.example.org/v1", headers)


def _page(number: int) -> PageRequest:
    return PageRequest("/coins", {"page": str(number)})


def _read_page(body: bytes, request: PageRequest) -> Page:
    data = wire.decode_object(body, "coins", "pages")
    number = int(request.params["page"])
    return Page(data["coins"], _page(number + 1) if number < data["pages"] else None)


def _parse(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
    source_id = id_of(raw.pop("slug", None), "slug")
    symbol, name = text_of(raw.pop("ticker", None), "ticker"), text_of(raw.pop("title", None), "title")
    yield Listing(NAME, source_id, symbol=symbol, name=name, is_active=True)
    yield Quote(
        NAME,
        source_id,
        fetched_at=seen.fetched_at,
        source_updated_at=instant_of(raw.pop("as_of", None), "as_of", now=seen.fetched_at),
        price_usd=price_of(decimal_of(raw.pop("usd", None), "usd"), "usd"),
        market_cap_usd=positive(decimal_of(raw.pop("cap", None), "cap")),
    )


SOURCE = Source(
    name=NAME,
    title="Acme Coins",
    origin=_origin,
    needs_key=True,
    quotes=Feed(
        first_page=lambda _: _page(1),
        read_page=_read_page,
        parse=_parse,
        record_id=lambda raw: str(raw.get("slug")),
        volume=Volume(at_least=3, about=4),
    ),
)
