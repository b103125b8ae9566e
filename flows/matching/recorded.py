"""Recorded lists, read for a dry run: a body is told apart by its shape, not by its file's name.

CoinGecko    /coins/list (with platforms or without), /coins/markets
CoinPaprika  /coins, /tickers, and /contracts/{platform} for the addresses
CoinCap      /assets
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flows.chains import MalformedAddress, caip19, chain_id
from flows.matching import weights
from flows.matching.entries import Entry, observed_at
from models.outcomes import ListingKind
from models.records import Listing, Quote

Body = Sequence[Any] | Mapping[str, Any]
_SAMPLE = 100
"""Records that are looked at to tell a list's shape."""
_YEARS = range(2009, 2101)
"""Before the first there was no market; a year beyond the last is a mistake."""
_MAGNITUDES = range(-40, 41)
"""Powers of ten between which a number can be a price, a cap or a rank."""


class UnknownShape(ValueError):  # noqa: N818 - it is the shape that is unknown
    """The body is no list of coins that is known here. The message says what was found instead."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One list: its entries, and what could not be used, each with a reason."""

    shape: str
    entries: tuple[Entry, ...]
    rejects: tuple[str, ...]


def read_list(source: str, body: object) -> Recorded:
    """Read a recorded list of `source`. Bad records are rejected with a reason, duplicates counted once.

    Raises `UnknownShape` when it is no list of coins.
    """
    shape, rows, at = _shape(body)
    entries: dict[str, Entry] = {}
    rejects: list[str] = []
    for number, row in enumerate(rows):
        source_id = row.get("id") if isinstance(row, Mapping) else None
        if not isinstance(source_id, str) or not source_id.strip():
            rejects.append(f"record {number}: no id")
        elif source_id in entries:
            rejects.append(f"record {number}: the id {source_id[:80]!r} was listed before")
        else:
            entries[source_id] = _entry(source, row, at, rejects)
    return Recorded(shape, tuple(entries.values()), tuple(rejects))


def read_contracts(platform: str, body: object) -> tuple[dict[str, list[str]], list[str]]:
    """Read a `/contracts/{platform}` body: CAIP-19 addresses by CoinPaprika id, and what was rejected.

    Raises `UnknownShape` for a platform that is not in the chain table, or a body that is no list of contracts.
    """
    chain = chain_id("coinpaprika", platform)
    if chain is None:
        raise UnknownShape(f"the platform {platform!r} is not in the table of chains (flows/chains.py)")
    if not isinstance(body, list) or (body and not any(_is_contract(row) for row in body)):
        raise UnknownShape("not a list of contracts (objects with an address and an id)")
    found: dict[str, list[str]] = {}
    rejects: list[str] = []
    for number, row in enumerate(body):
        if not _is_contract(row):
            rejects.append(f"record {number}: not a contract (an object with an address and an id)")
        elif address := _address(chain, row["address"], rejects):
            found.setdefault(row["id"], []).append(address)
    return found, rejects


def with_contracts(entries: Iterable[Entry], contracts: Mapping[str, Sequence[str]]) -> tuple[Entry, ...]:
    """Add addresses, by the listing's own id."""
    return tuple(
        replace(entry, listing=replace(entry.listing, addresses=(*(entry.listing.addresses or ()), *more)))
        if (more := contracts.get(entry.listing.source_id))
        else entry
        for entry in entries
    )


def mark_fresh(*lists: Sequence[Entry]) -> list[tuple[Entry, ...]]:
    """Mark quotes of the newest hours over all lists as fresh: recorded lists have no other now."""
    times = [observed_at(entry.quote) for entries in lists for entry in entries if entry.quote]
    if not times:
        return [tuple(entries) for entries in lists]
    since = max(times) - weights.PRICE_WINDOW
    return [
        tuple(replace(one, is_fresh=bool(one.quote and observed_at(one.quote) >= since)) for one in entries)
        for entries in lists
    ]


def _is_contract(row: object) -> bool:
    return isinstance(row, Mapping) and isinstance(row.get("address"), str) and isinstance(row.get("id"), str)


def _shape(body: object) -> tuple[str, Sequence[Any], datetime | None]:
    """Tell which provider's list this is, by the fields of its first records; any of them may be incomplete."""
    at: datetime | None = None
    rows = body
    if isinstance(body, Mapping):
        rows, at = body.get("data"), _time(body.get("timestamp"))
    if not isinstance(rows, list) or not rows:
        raise UnknownShape("not a list of coins, or an empty one")
    fields = set().union(*(row for row in rows[:_SAMPLE] if isinstance(row, Mapping)))
    shapes = {"current_price": "markets", "quotes": "tickers", "priceUsd": "assets", "is_active": "coins"}
    shape = next((shape for key, shape in shapes.items() if key in fields), "list")
    if not {"id", "symbol", "name"} <= fields:
        raise UnknownShape(
            f"not a list of coins: its records have {', '.join(sorted(map(repr, fields))[:6]) or 'no fields'}"
        )
    return shape, rows, at


def _entry(source: str, row: Mapping[str, Any], at: datetime | None, rejects: list[str]) -> Entry:
    kind = row.get("type")
    listing = Listing(
        source=source,
        source_id=row["id"],
        symbol=_text(row.get("symbol")),
        name=_text(row.get("name")),
        kind=ListingKind(kind) if isinstance(kind, str) and kind in set(ListingKind) else None,
        is_active=row.get("is_active") if isinstance(row.get("is_active"), bool) else None,
        addresses=tuple(_addresses(row, rejects)) or None,
    )
    rank = _rank(row)
    return Entry(listing, _quote(source, row, rank, at), listed_rank=rank)


def _quote(source: str, row: Mapping[str, Any], rank: int | None, at: datetime | None) -> Quote | None:
    quotes = row.get("quotes")
    usd = quotes.get("USD") if isinstance(quotes, Mapping) else row
    if not isinstance(usd, Mapping):
        return None
    price = _number(usd.get("price", usd.get("current_price", usd.get("priceUsd"))))
    updated_at = _time(row.get("last_updated")) or at
    if price is None or price <= 0 or updated_at is None:
        return None
    cap = _number(usd.get("market_cap", usd.get("marketCapUsd")))
    return Quote(
        source, row["id"], updated_at, price, source_updated_at=updated_at, market_cap_usd=cap, rank=rank
    )


def _addresses(row: Mapping[str, Any], rejects: list[str]) -> Iterable[str]:
    """Read CoinGecko's `platforms` and CoinCap's `tokens`: one address or several by chain."""
    for source, field in (("coingecko", "platforms"), ("coincap", "tokens")):
        found = row.get(field)
        for platform, value in found.items() if isinstance(found, Mapping) else ():
            chain = chain_id(source, platform)
            for text in value if isinstance(value, list) else [value]:
                if chain and (address := _address(chain, text, rejects)):
                    yield address


def _address(chain: str, text: object, rejects: list[str]) -> str | None:
    try:
        return caip19(chain, text) if isinstance(text, str) else None
    except MalformedAddress as wrong:
        rejects.append(str(wrong))
        return None


def _rank(row: Mapping[str, Any]) -> int | None:
    rank = _number(row.get("market_cap_rank", row.get("rank")))
    return int(rank) if rank is not None and 0 < rank < 10**9 else None


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and (not number or number.adjusted() in _MAGNITUDES) else None


def _time(value: object) -> datetime | None:
    """Read milliseconds or ISO 8601; None for what is no time in which there was a market."""
    at: datetime | None = None
    try:
        if isinstance(value, int):
            at = datetime.fromtimestamp(value / 1000, tz=UTC)
        elif isinstance(value, str):
            at = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        return None
    if at is None or at.year not in _YEARS:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
