"""CoinGecko v3: top coins by market cap, its list of every coin with contract addresses, and exchange rates."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from flows import wire
from flows.chains import MalformedAddress, caip19, chain_id, evm_chain
from flows.days import Days
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
    RatesAsked,
    Record,
    Seen,
    Source,
    Volume,
)
from models.records import FxRate, Listing, PastPrice, Quote

NAME = "coingecko"
PER_PAGE = 250
YEAR = timedelta(days=365)
PLANS = {
    "keyless": Plan(10, None, YEAR),  # by address and shared by all behind it: no number is published
    "demo": Plan(100, 10_000, YEAR),
    "basic": Plan(300, 100_000, 2 * YEAR),
    "analyst": Plan(500, 500_000),
    "lite": Plan(500, 2_000_000),
    "pro": Plan(1_000, 5_000_000),
    "enterprise": Plan(1_000),
    SANDBOX: Plan(100, None, YEAR),
}
LONGEST_NAME = 20_000
"""Coins named by essays exist; the matcher copes, and cutting would make up a name."""


def origin(settings: SourceSettings) -> Origin:
    """Say host and header by the key's kind: a demo key on the paid host, or the reverse, is refused."""
    if settings.api_key is None:
        return Origin(settings.base_url or "https://api.coingecko.com/api/v3")
    if (settings.plan or "demo").lower() in {"demo", "keyless"}:
        base_url, header = "https://api.coingecko.com/api/v3", "x-cg-demo-api-key"
    else:
        base_url, header = "https://pro-api.coingecko.com/api/v3", "x-cg-pro-api-key"
    return Origin(settings.base_url or base_url, {header: settings.api_key})


def _markets_page(number: int, left: int) -> PageRequest:
    params = {
        "vs_currency": "usd",
        "order": "market_cap_desc",
        "per_page": str(min(PER_PAGE, left) if number == 1 else PER_PAGE),
        "page": str(number),
        "precision": "full",  # without it prices are rounded for display
        "price_change_percentage": "1h,24h,7d",
    }
    return PageRequest("/coins/markets", params, {"left": left})


def _read_markets(body: bytes, request: PageRequest) -> Page:
    rows, left = wire.decode_list(body), int(request.context["left"])
    is_last = len(rows) < int(request.params["per_page"]) or left <= len(rows)
    following = None if is_last else _markets_page(int(request.params["page"]) + 1, left - len(rows))
    return Page(rows[:left], following)


def _parse_market(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
    source_id = id_of(raw.pop("id", None))
    yield Listing(
        NAME,
        source_id,
        symbol=text_of(raw.pop("symbol", None), "symbol"),
        name=text_of(raw.pop("name", None), "name", at_most=LONGEST_NAME),
        is_active=True,
        image_url=_image(raw.pop("image", None)),
    )
    number = {name: decimal_of(raw.pop(name, None), name) for name in _NUMBERS}
    rank = rank_of(raw.pop("market_cap_rank", None), "market_cap_rank")
    updated_at = instant_of(raw.pop("last_updated", None), "last_updated", now=seen.fetched_at)
    change_24h = number["price_change_percentage_24h_in_currency"]
    yield Quote(
        NAME,
        source_id,
        fetched_at=seen.fetched_at,
        source_updated_at=updated_at,
        price_usd=price_of(number["current_price"], "current_price"),
        market_cap_usd=positive(number["market_cap"]),
        volume_usd_24h=number["total_volume"],
        percent_change_1h=number["price_change_percentage_1h_in_currency"],
        percent_change_24h=number["price_change_percentage_24h"] if change_24h is None else change_24h,
        percent_change_7d=number["price_change_percentage_7d_in_currency"],
        circulating_supply=positive(number["circulating_supply"]),
        total_supply=positive(number["total_supply"]),
        max_supply=positive(number["max_supply"]),
        rank=rank,
    )


_NUMBERS = (
    "current_price",
    "market_cap",
    "total_volume",
    "price_change_percentage_1h_in_currency",
    "price_change_percentage_24h",
    "price_change_percentage_24h_in_currency",
    "price_change_percentage_7d_in_currency",
    "circulating_supply",
    "total_supply",
    "max_supply",
)

_KEPT_RAW_ONLY = frozenset(
    {"fully_diluted_valuation", "high_24h", "low_24h", "price_change_24h", "market_cap_change_24h"}
    | {"market_cap_change_percentage_24h", "market_cap_rank_with_rehypothecated", "sparkline_in_7d", "roi"}
    | {"ath", "ath_change_percentage", "ath_date", "atl", "atl_change_percentage", "atl_date"}
    | {f"price_change_percentage_{span}_in_currency" for span in ("14d", "30d", "200d", "1y")}
)


def _image(value: object) -> str | None:
    url = text_of(value, "image", at_most=2_000)
    return url if url and url.startswith("https://") else None


def _first_platforms(_: SourceSettings) -> PageRequest:
    return PageRequest("/asset_platforms", context={"then": "coins"})


def _read_identity(body: bytes, request: PageRequest) -> Page:
    """Read the platforms first, for their chain numbers, then the whole list of coins."""
    rows = wire.decode_list(body)
    if request.context.get("then") != "coins":
        return Page(rows, names_all=True)
    chains = {
        row["id"]: evm_chain(row["chain_identifier"])
        for row in rows
        if isinstance(row, dict)
        and isinstance(row.get("id"), str)
        and isinstance(row.get("chain_identifier"), int | Decimal)
        and row["chain_identifier"] > 0
    }
    return Page([], PageRequest("/coins/list", {"include_platform": "true"}, {"chains": chains}))


def _parse_coin(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
    addresses, malformed = _addresses(raw.pop("platforms", None), seen.request.context.get("chains", {}))
    yield Listing(
        NAME,
        id_of(raw.pop("id", None)),
        symbol=text_of(raw.pop("symbol", None), "symbol"),
        name=text_of(raw.pop("name", None), "name", at_most=LONGEST_NAME),
        is_active=True,
        addresses=tuple(addresses),
    )
    if malformed:  # the coin is known all the same
        raise RecordRejected("malformed_address", "; ".join(malformed)[:500])


def _addresses(platforms: object, chains: dict[str, str]) -> tuple[list[str], list[str]]:
    """Read the addresses on chains we know, and what is wrong with others; an empty one or a sentinel is none."""
    if not isinstance(platforms, dict | None):
        raise RecordRejected("malformed", f"platforms is {platforms!r}"[:200])
    addresses, malformed = [], []
    for platform, address in (platforms or {}).items():
        chain = chain_id(NAME, platform) or chains.get(platform)
        try:
            if chain and isinstance(address, str) and (known := caip19(chain, address)):
                addresses.append(known)
        except MalformedAddress as error:
            malformed.append(str(error))
    return addresses, malformed


def _read_rates(body: bytes, _: PageRequest) -> Page:
    rates = wire.decode_object(body, "rates")["rates"]
    return Page([{"code": code, **rate} if isinstance(rate, dict) else rate for code, rate in rates.items()])


def _parse_rate(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
    raw.pop("unit", None)
    code = id_of(raw.pop("code", None), "code")
    yield FxRate(
        NAME,
        code=code,
        name=text_of(raw.pop("name", None), "name") or code,
        kind=text_of(raw.pop("type", None), "type") or "unknown",
        units_per_btc=price_of(decimal_of(raw.pop("value", None), "value"), "value"),
        observed_at=seen.fetched_at,
    )


def _chart(source_id: str, days: Days, code: str = "usd") -> PageRequest:
    """Ask in seconds; the answer is in milliseconds."""
    params = {
        "vs_currency": code,
        "from": f"{days.starts_at.timestamp():.0f}",
        "to": f"{days.ends_at.timestamp():.0f}",
        "precision": "full",
    }
    return PageRequest(f"/coins/{quote(source_id, safe='')}/market_chart/range", params)


def _read_chart(body: bytes) -> list[Any]:
    """Put together what is told of the same moment: the three series are not promised to have the same ones."""
    data = wire.decode_object(body, "prices")
    caps, volumes = (dict(data.get(name) or ()) for name in ("market_caps", "total_volumes"))
    return [
        {"at": at, "price": price, "market_cap": caps.get(at), "total_volume": volumes.get(at)}
        for at, price in data["prices"]
    ]


def _parse_chart(raw: dict[str, Any], fetched_at: datetime) -> PastPrice:
    return PastPrice(
        observed_at=moment_of(raw.pop("at"), "prices", now=fetched_at),
        price_usd=price_of(decimal_of(raw.pop("price"), "prices"), "prices"),
        market_cap_usd=positive(decimal_of(raw.pop("market_cap"), "market_caps")),
        volume_usd_24h=decimal_of(raw.pop("total_volume"), "total_volumes"),
    )


HISTORY = History(_chart, _read_chart, _parse_chart, longest=3_650, shortest=91)
SOURCE = Source(
    name=NAME,
    title="CoinGecko",
    origin=origin,
    plans=PLANS,
    keyed_plan="demo",
    quotes=Feed(
        first_page=lambda settings: _markets_page(1, settings.top_n),
        read_page=_read_markets,
        parse=_parse_market,
        record_id=lambda raw: str(raw.get("id")),
        ignored=_KEPT_RAW_ONLY,
        volume=Volume(at_least=40, about=250),
    ),
    identity=Feed(
        first_page=_first_platforms,
        read_page=_read_identity,
        parse=_parse_coin,
        record_id=lambda raw: str(raw.get("id")),
        volume=Volume(at_least=1_000, about=17_500),
        cached_for=timedelta(minutes=5),
        every=timedelta(days=1),
    ),
    rates=Feed(
        first_page=lambda _: PageRequest("/exchange_rates"),
        read_page=_read_rates,
        parse=_parse_rate,
        record_id=lambda raw: str(raw.get("code")),
        volume=Volume(at_least=10, about=60),
    ),
    history=HISTORY,
    past_rates=RatesAsked(lambda code, days: _chart("bitcoin", days, code), HISTORY),
)
