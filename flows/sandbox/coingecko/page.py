"""CoinGecko's page of one coin: /coins/{id}."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flows.sandbox.answers import iso_milliseconds
from flows.sandbox.coingecko.rows import PERIODS, Pen, image_url
from flows.sandbox.coins import Coin
from flows.sandbox.currencies import CURRENCIES
from flows.sandbox.views import View

Money = dict[str, float | int]


def platforms(coin: Coin) -> dict[str, str]:
    """Say where the coin lives; some native coins carry CoinGecko's empty entry."""
    if coin.kind == "coin" and len(coin.key) % 7 == 0:
        return {"": ""}
    return dict(coin.addresses)


def describe(view: View, coin: Coin, now: float, *, market_data: bool, localization: bool) -> dict[str, Any]:
    """Write the page; the parts asked away are left out."""
    naming, page = view.naming(coin), platforms(coin)
    standing = view.standing(now)
    body: dict[str, Any] = {
        "id": naming.id,
        "symbol": naming.symbol,
        "name": naming.name,
        "web_slug": naming.id,
        "asset_platform_id": coin.addresses[0][0] if coin.addresses else None,
        "platforms": page,
        "detail_platforms": {
            chain: {"decimal_place": 18 if chain else None, "contract_address": address}
            for chain, address in page.items()
        },
        "block_time_in_minutes": 10 if naming.id == "bitcoin" else 0,
        "hashing_algorithm": None,
        "categories": [],
        "preview_listing": False,
        "public_notice": None,
        "additional_notices": [],
        "has_supply_breakdown": False,
        **({"localization": {"en": naming.name, "de": naming.name}} if localization else {}),
        "description": {"en": ""},
        "links": _links(naming.id),
        "image": {size: image_url(coin, size) for size in ("thumb", "small", "large")},
        "country_origin": "",
        "genesis_date": None,
        "sentiment_votes_up_percentage": None,
        "sentiment_votes_down_percentage": None,
        "watchlist_portfolio_users": 0,
        "market_cap_rank": standing.ranks.get(coin.key),
        "market_cap_rank_with_rehypothecated": standing.ranks.get(coin.key),
        **({"market_data": market_figures(view, coin, now)} if market_data else {}),
        "status_updates": [],
        "last_updated": iso_milliseconds(view.as_of(coin, now)),
    }
    return body


def _links(source_id: str) -> dict[str, Any]:
    return {
        "homepage": [f"https://{source_id}.example"],
        "whitepaper": "",
        "blockchain_site": [],
        "official_forum_url": [],
        "chat_url": [],
        "announcement_url": [],
        "snapshot_url": None,
        "twitter_screen_name": "",
        "facebook_username": "",
        "bitcointalk_thread_identifier": None,
        "telegram_channel_identifier": "",
        "subreddit_url": "",
        "repos_url": {"github": [], "bitbucket": []},
    }


def market_figures(view: View, coin: Coin, now: float) -> dict[str, Any]:
    """Write `market_data`: money per currency, percentages, supplies."""
    standing, at = view.standing(now), view.as_of(coin, now)
    pens = {code: Pen(view, standing, now, code, None) for code in CURRENCIES}
    price, cap = view.price(coin, at), view.market_cap(coin, at)

    def money(write: Callable[[Pen], float | int | None]) -> Money:
        written = {code: write(pen) for code, pen in pens.items()}
        return {code: value for code, value in written.items() if value is not None}

    row = pens["usd"].row(coin)
    percents = {period: view.change_percent(coin, at, seconds) for period, seconds in PERIODS.items()}
    diluted = coin.max_supply or coin.total_supply
    return {
        "current_price": money(lambda pen: pen.price(price)),
        "market_cap": money(lambda pen: pen.sum(cap)),
        "fully_diluted_valuation": money(
            lambda pen: pen.sum(None if price is None or not diluted else price * diluted)
        ),
        "total_volume": money(lambda pen: pen.sum(view.market.volume(coin, at))),
        "high_24h": {"usd": row["high_24h"]} if row["high_24h"] is not None else {},
        "low_24h": {"usd": row["low_24h"]} if row["low_24h"] is not None else {},
        "ath": {"usd": row["ath"]} if row["ath"] is not None else {},
        "ath_change_percentage": {"usd": row["ath_change_percentage"]} if row["ath"] is not None else {},
        "ath_date": {"usd": row["ath_date"]} if row["ath"] is not None else {},
        "market_cap_rank": row["market_cap_rank"],
        "price_change_24h": row["price_change_24h"],
        "market_cap_change_24h": row["market_cap_change_24h"],
        "market_cap_change_percentage_24h": row["market_cap_change_percentage_24h"],
        **{f"price_change_percentage_{period}": percents[period] for period in PERIODS if period != "1h"},
        **{
            f"price_change_percentage_{period}_in_currency": {}
            if percent is None
            else dict.fromkeys(CURRENCIES, percent)
            for period, percent in percents.items()
        },
        "circulating_supply": coin.circulating_supply or 0.0,
        "total_supply": coin.total_supply,
        "max_supply": coin.max_supply,
        "max_supply_infinite": coin.max_supply is None,
        "total_value_locked": None,
        "mcap_to_tvl_ratio": None,
        "fdv_to_tvl_ratio": None,
        "roi": None,
        "last_updated": iso_milliseconds(at),
    }
