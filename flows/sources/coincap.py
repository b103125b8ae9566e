"""CoinCap v3, through a CSV file: `refresh-csv` writes what the API answers, the source reads that file.

The file keeps the API's strings verbatim, so that a refresh loses nothing; numbers are understood on reading: a
float64 printed with 18 decimals is read as the shortest decimal that is the same float.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from flows import wire
from flows.chains import MalformedAddress, caip19, chain_id
from flows.csv_rows import read_rows
from flows.days import Days
from flows.errors import Fatal, RecordRejected, SourceError, SourceSkipped
from flows.fields import float_text, id_of, instant_of, moment_of, positive, price_of, rank_of, text_of
from flows.settings import SourceSettings
from flows.sources.contract import (
    SANDBOX,
    Feed,
    History,
    Origin,
    Page,
    PageRequest,
    Plan,
    Record,
    Seen,
    Source,
    Volume,
)
from models.records import Listing, PastPrice, Payload, Quote

NAME = "coincap"
CSV_FILE = "crypto_market.csv"
PER_PAGE = 2_000
BYTES_A_CREDIT = 2_500
PLANS = {
    "free": Plan(600, 4_000),
    "basic": Plan(600, 75_000),
    "growth": Plan(600, 225_000),
    "professional": Plan(600, 675_000),
    "enterprise": Plan(600, 5_000_000),
    SANDBOX: Plan(600),
}
COLUMNS = (
    "id", "rank", "symbol", "name", "supply", "maxSupply", "marketCapUsd", "volumeUsd24Hr", "priceUsd",
    "changePercent24Hr", "vwap24Hr", "explorer", "tokens", "timestamp", "upstream",
)  # fmt: skip
"""What a row of the file holds: the API's fields, the page's own time in epoch milliseconds, and whose prices it has."""


def origin(settings: SourceSettings) -> Origin:
    """Say the host; every call needs a key."""
    headers = {"authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    return Origin(settings.base_url or "https://rest.coincap.io/v3", headers)


def credits_of(size: int) -> int:
    """Price a call: one credit, and one for every 2,500 bytes of its answer."""
    return 1 + -(-size // BYTES_A_CREDIT)


def assets_page(left: int, upstream: str, offset: int = 0) -> PageRequest:
    """Ask the API for the next of the assets still wanted."""
    params = {"limit": str(min(PER_PAGE, left)), "offset": str(offset)}
    return PageRequest("/assets", params, {"left": left, "upstream": upstream})


def read_assets(body: bytes, request: PageRequest) -> Page:
    """Read a page of the API: rows as the file keeps them, strings verbatim."""
    data = wire.decode_object(body, "data", "timestamp")
    rows = data["data"]
    if not isinstance(rows, list):
        raise Fatal("`data` is not a list of assets", body=body)
    limit, left = int(request.params["limit"]), int(request.context["left"]) - len(rows)
    upstream = request.context["upstream"]
    is_last = len(rows) < limit or left <= 0
    following = None if is_last else assets_page(left, upstream, int(request.params["offset"]) + limit)
    assets: list[Payload] = [
        _as_row(row, data["timestamp"], upstream) for row in rows if isinstance(row, dict)
    ]
    strange = [f"an asset must be an object, got {row!r}"[:200] for row in rows if not isinstance(row, dict)]
    return Page(assets, following, rejects=tuple(("", "malformed", told) for told in strange))


def _as_row(asset: Mapping[str, Any], timestamp: object, upstream: str) -> dict[str, object]:
    row = {column: asset.get(column) for column in COLUMNS}
    tokens = asset.get("tokens")
    own = {"tokens": wire.encode(tokens) if tokens else None, "timestamp": timestamp, "upstream": upstream}
    return row | own


def _read_csv(body: bytes, request: PageRequest) -> Page:
    """Read the file, unless a run on the other upstream wrote it: simulated prices never mix with real ones."""
    rows, malformed = read_rows(body, {"id", "priceUsd"})
    wanted = request.context["upstream"]
    others = {row["upstream"] for row in rows if row.get("upstream")} - {wanted}
    if others:
        told = f"{CSV_FILE} holds {', '.join(sorted(map(str, others)))} prices, this run reads {wanted} ones"
        raise SourceSkipped(f"{told}: refresh-csv writes it anew")
    return Page(rows, rejects=malformed)


def _parse_asset(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
    source_id = id_of(raw.pop("id", None))
    yield Listing(
        NAME,
        source_id,
        symbol=text_of(raw.pop("symbol", None), "symbol"),
        name=text_of(raw.pop("name", None), "name"),
        is_active=True,
        addresses=tuple(_addresses(raw.pop("tokens", None))),
    )
    rank = rank_of(raw.pop("rank", None), "rank")
    yield Quote(
        NAME,
        source_id,
        fetched_at=seen.fetched_at,
        source_updated_at=instant_of(raw.pop("timestamp", None), "timestamp", now=seen.fetched_at),
        price_usd=price_of(float_text(raw.pop("priceUsd", None), "priceUsd"), "priceUsd"),
        market_cap_usd=positive(float_text(raw.pop("marketCapUsd", None), "marketCapUsd")),
        volume_usd_24h=float_text(raw.pop("volumeUsd24Hr", None), "volumeUsd24Hr"),
        percent_change_24h=float_text(raw.pop("changePercent24Hr", None), "changePercent24Hr"),
        circulating_supply=positive(float_text(raw.pop("supply", None), "supply")),
        max_supply=positive(float_text(raw.pop("maxSupply", None), "maxSupply")),
        rank=rank,
    )


def _addresses(tokens: str | None) -> Iterator[str]:
    """Read the tokens map. Chains we do not know and malformed addresses are no evidence; the raw record keeps them."""
    try:
        chains = wire.decode_object(tokens.encode()) if tokens else {}
    except SourceError as error:
        raise RecordRejected("malformed", f"tokens is {tokens!r}"[:200]) from error
    for platform, addresses in chains.items():
        chain = chain_id(NAME, platform)
        for address in addresses if chain and isinstance(addresses, list) else ():
            try:
                if known := caip19(chain or "", text_of(address, "tokens")):
                    yield known
            except MalformedAddress:
                continue


def _history(source_id: str, days: Days) -> PageRequest:
    params = {
        "interval": "d1",
        "start": f"{days.starts_at.timestamp() * 1000:.0f}",
        "end": f"{days.ends_at.timestamp() * 1000:.0f}",
    }
    return PageRequest(f"/assets/{quote(source_id, safe='')}/history", params)


def _read_history(body: bytes) -> list[Any]:
    rows = wire.decode_object(body, "data")["data"]
    if not isinstance(rows, list):
        raise Fatal("`data` is not a list of prices", body=body)
    return rows


def _parse_history(raw: dict[str, Any], fetched_at: datetime) -> PastPrice:
    return PastPrice(
        observed_at=moment_of(raw.pop("time", None), "time", now=fetched_at),
        price_usd=price_of(float_text(raw.pop("priceUsd", None), "priceUsd"), "priceUsd"),
    )


API = Source(
    name=NAME,
    title="CoinCap's API",
    origin=origin,
    needs_key=True,
    plans=PLANS,
    cost=credits_of,
    quotes=Feed(
        first_page=lambda settings: assets_page(settings.top_n, settings.upstream),
        read_page=read_assets,
        parse=_parse_asset,
        record_id=lambda raw: str(raw.get("id")),
        volume=Volume(at_least=50, about=2_000),
        cached_for=timedelta(minutes=1),
    ),
    history=History(
        _history,
        _read_history,
        _parse_history,
        longest=3_650,
        ignored=frozenset({"circulatingSupply", "date"}),
    ),
)
"""The provider itself: `refresh-csv` reads it, and its history."""
SOURCE = Source(
    name=NAME,
    title="CoinCap",
    origin=origin,
    calls_network=False,
    api=API,
    quotes=Feed(
        first_page=lambda settings: PageRequest(CSV_FILE, context={"upstream": settings.upstream}),
        read_page=_read_csv,
        parse=_parse_asset,
        record_id=lambda raw: str(raw.get("id")),
        ignored=frozenset({"vwap24Hr", "explorer", "upstream"}),
        volume=Volume(at_least=50, about=2_000),
        cached_for=timedelta(0),
    ),
)
