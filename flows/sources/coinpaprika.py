"""CoinPaprika v1: every ticker in one page, every coin there ever was, and contract addresses chain by chain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from flows import wire
from flows.chains import MalformedAddress, caip19, chain_id
from flows.days import ONE_DAY, Days
from flows.errors import RecordRejected
from flows.fields import decimal_of, id_of, instant_of, moment_of, positive, price_of, rank_of, text_of
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
from models.outcomes import ListingKind
from models.records import Listing, PastPrice, Quote

NAME = "coinpaprika"
YEAR = timedelta(days=365)
LONGEST_HISTORY = 5_000
"""Points that one answer may have."""
PLANS = {
    "free": Plan(600, 20_000, YEAR),
    "starter": Plan(600, 400_000, 5 * YEAR),
    "pro": Plan(600, 1_000_000),
    "business": Plan(600, 5_000_000),
    "ultimate": Plan(600, 10_000_000),
    "enterprise": Plan(600),
    SANDBOX: Plan(600, None, YEAR),
}


def origin(settings: SourceSettings) -> Origin:
    """Say the host by the plan. The key is the whole Authorization value: with `Bearer` it is refused."""
    if settings.api_key is None or (settings.plan or "").lower() == "free":
        return Origin(settings.base_url or "https://api.coinpaprika.com/v1")
    return Origin(
        settings.base_url or "https://api-pro.coinpaprika.com/v1", {"authorization": settings.api_key}
    )


def _first_tickers(_: SourceSettings) -> PageRequest:
    return PageRequest("/tickers", {"quotes": "USD"})


def _parse_ticker(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
    source_id = id_of(raw.pop("id", None))
    yield Listing(
        NAME,
        source_id,
        symbol=text_of(raw.pop("symbol", None), "symbol"),
        name=text_of(raw.pop("name", None), "name"),
    )
    usd = _usd_of(raw)
    rank = rank_of(raw.pop("rank", None), "rank")
    yield Quote(
        NAME,
        source_id,
        fetched_at=seen.fetched_at,
        source_updated_at=instant_of(raw.pop("last_updated", None), "last_updated", now=seen.fetched_at),
        price_usd=price_of(decimal_of(usd.get("price"), "quotes.USD.price"), "quotes.USD.price"),
        market_cap_usd=positive(decimal_of(usd.get("market_cap"), "quotes.USD.market_cap")),
        volume_usd_24h=decimal_of(usd.get("volume_24h"), "quotes.USD.volume_24h"),
        percent_change_1h=decimal_of(usd.get("percent_change_1h"), "quotes.USD.percent_change_1h"),
        percent_change_24h=decimal_of(usd.get("percent_change_24h"), "quotes.USD.percent_change_24h"),
        percent_change_7d=decimal_of(usd.get("percent_change_7d"), "quotes.USD.percent_change_7d"),
        circulating_supply=positive(decimal_of(raw.pop("circulating_supply", None), "circulating_supply")),
        total_supply=positive(decimal_of(raw.pop("total_supply", None), "total_supply")),
        max_supply=positive(decimal_of(raw.pop("max_supply", None), "max_supply")),
        rank=rank,
    )


def _usd_of(raw: dict[str, Any]) -> dict[str, Any]:
    quotes = raw.pop("quotes", None)
    usd = quotes.get("USD") if isinstance(quotes, dict) else None
    if not isinstance(usd, dict):
        raise RecordRejected("no_price", "quotes has no USD: ask for USD by name beside other currencies")
    return usd


def _first_coins(_: SourceSettings) -> PageRequest:
    return PageRequest("/coins")


def _read_identity(body: bytes, request: PageRequest) -> Page:
    """Read all coins first, dead and unpriced ones too, then the list of chains, then each chain that we know."""
    rows = wire.decode_list(body)
    if request.path == "/coins":
        return Page(rows, PageRequest("/contracts"))
    if "platform" in request.context:
        return Page(rows, _contracts_of(request.context["left"]), names_all=True)
    return Page([], _contracts_of([name for name in rows if isinstance(name, str) and chain_id(NAME, name)]))


def _contracts_of(platforms: list[str]) -> PageRequest | None:
    if not platforms:
        return None
    first, *left = platforms
    return PageRequest(f"/contracts/{first}", context={"platform": first, "left": left})


def _parse_identity(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
    return _parse_contract(raw, seen) if "platform" in seen.request.context else _parse_coin(raw, seen)


def _parse_coin(raw: dict[str, Any], _: Seen) -> Iterable[Record]:
    yield Listing(
        NAME,
        id_of(raw.pop("id", None)),
        symbol=text_of(raw.pop("symbol", None), "symbol"),
        name=text_of(raw.pop("name", None), "name"),
        kind=_kind_of(raw.pop("type", None)),
        is_active=_flag_of(raw.pop("is_active", None), "is_active"),
    )


def _kind_of(value: object) -> ListingKind | None:
    """Read coin or token; a kind that nobody heard of is none that we could compare."""
    return ListingKind(value) if isinstance(value, str) and value in set(ListingKind) else None


def _flag_of(value: object, field: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise RecordRejected("not_a_flag", f"{field} is {value!r}"[:200])


def _parse_contract(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
    source_id, address = id_of(raw.pop("id", None)), raw.pop("address", None)
    chain = chain_id(NAME, seen.request.context["platform"]) or ""
    try:
        known = caip19(chain, text_of(address, "address"))
    except MalformedAddress as error:
        raise RecordRejected("malformed_address", str(error)) from None
    if raw.pop("active", True):
        yield Listing(NAME, source_id, addresses=(known,) if known else ())


def _historical(source_id: str, days: Days) -> PageRequest:
    """Ask for days: the interval left out is one that the Free plan lacks. The end is not included."""
    params = {
        "start": str(days.first),
        "end": str(days.last + ONE_DAY),
        "interval": "1d",
        "limit": str(LONGEST_HISTORY),
        "quote": "usd",
    }
    return PageRequest(f"/tickers/{quote(source_id, safe='')}/historical", params)


def _parse_historical(raw: dict[str, Any], fetched_at: datetime) -> PastPrice:
    return PastPrice(
        observed_at=moment_of(raw.pop("timestamp", None), "timestamp", now=fetched_at),
        price_usd=price_of(decimal_of(raw.pop("price", None), "price"), "price"),
        market_cap_usd=positive(decimal_of(raw.pop("market_cap", None), "market_cap")),
        volume_usd_24h=decimal_of(raw.pop("volume_24h", None), "volume_24h"),
    )


SOURCE = Source(
    name=NAME,
    title="CoinPaprika",
    origin=origin,
    plans=PLANS,
    keyed_plan="starter",
    counted_over=timedelta(seconds=1),
    quotes=Feed(
        first_page=_first_tickers,
        read_page=lambda body, _: Page(wire.decode_list(body)),
        parse=_parse_ticker,
        record_id=lambda raw: str(raw.get("id")),
        ignored=frozenset({"beta_value", "first_data_at"}),
        volume=Volume(at_least=50, about=2_000),
        cached_for=timedelta(minutes=5),
    ),
    identity=Feed(
        first_page=_first_coins,
        read_page=_read_identity,
        parse=_parse_identity,
        record_id=lambda raw: " ".join(str(raw[name]) for name in ("id", "address") if name in raw),
        ignored=frozenset({"rank", "is_new", "type"}),
        volume=Volume(at_least=1_000, about=60_000),
        cached_for=timedelta(hours=1),
        every=timedelta(days=1),
    ),
    history=History(_historical, wire.decode_list, _parse_historical, longest=LONGEST_HISTORY),
)
