"""CoinGecko's own SDK, validating strictly, finds nothing to complain about."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from coingecko_sdk import Coingecko, NotFoundError


@pytest.fixture
def sdk(sandbox: httpx.Client) -> Iterator[Coingecko]:
    base_url = f"{str(sandbox.base_url).rstrip('/')}/coingecko/api/v3"
    with Coingecko(
        demo_api_key="mine", base_url=base_url, _strict_response_validation=True, max_retries=0
    ) as client:
        yield client


def test_markets(sdk: Coingecko) -> None:
    rows = sdk.coins.markets.get(
        vs_currency="usd",
        per_page=250,
        page=1,
        precision="full",
        price_change_percentage="1h,24h,7d",
        sparkline=True,
    )
    assert [row.market_cap_rank for row in rows] == list(range(1, 251))
    assert rows[0].last_updated.tzinfo is not None


def test_list(sdk: Coingecko) -> None:
    rows = sdk.coins.list.get(include_platform=True)
    assert len(rows) > 19_000
    assert any(row.platforms for row in rows)


def test_charts(sdk: Coingecko) -> None:
    chart = sdk.coins.market_chart.get("bitcoin", vs_currency="usd", days="90")
    assert len(chart.prices) == pytest.approx(90 * 24, abs=3)
    window = sdk.coins.market_chart.get_range(
        "bitcoin", vs_currency="usd", from_="1780272000", to="1780531200"
    )
    assert len(window.prices) >= 72
    assert len(sdk.coins.ohlc.get("bitcoin", vs_currency="usd", days="7")) == pytest.approx(42, abs=1)


def test_the_rest_of_the_free_plan(sdk: Coingecko) -> None:
    assert sdk.ping.get().gecko_says == "(V3) To the Moon!"
    assert sdk.coins.get_id("uniswap").symbol == "uni"
    assert sdk.asset_platforms.get()
    assert sdk.exchange_rates.get().rates["usd"].type == "fiat"
    assert sdk.global_.get().data.active_cryptocurrencies > 19_000
    assert sdk.simple.price.get(vs_currencies="usd", ids="bitcoin")["bitcoin"].usd


def test_an_unknown_coin_is_not_found(sdk: Coingecko) -> None:
    with pytest.raises(NotFoundError):
        sdk.coins.get_id("nobody")
