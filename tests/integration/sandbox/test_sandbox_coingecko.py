"""CoinGecko's endpoints over HTTP: shapes, paging, rounding, refusals."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import httpx
import pytest

BASE = "/coingecko/api/v3"
NULLABLE = {
    "current_price",
    "market_cap",
    "market_cap_rank",
    "fully_diluted_valuation",
    "high_24h",
    "max_supply",
}


def get(client: httpx.Client, path: str, **params: str | int) -> Any:  # noqa: ANN401 - JSON is anything
    response = client.get(BASE + path, params=params)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    return response.json()


def markets(client: httpx.Client, **params: str | int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = get(client, "/coins/markets", **({"vs_currency": "usd"} | params))
    return rows


def test_ping(sandbox: httpx.Client) -> None:
    assert get(sandbox, "/ping") == {"gecko_says": "(V3) To the Moon!"}


def test_a_market_row_has_every_column(sandbox: httpx.Client) -> None:
    row = markets(sandbox, per_page=1)[0]
    columns = (
        "id symbol name image current_price market_cap market_cap_rank fully_diluted_valuation total_volume high_24h "
        "low_24h price_change_24h price_change_percentage_24h market_cap_change_24h "
        "market_cap_change_percentage_24h circulating_supply total_supply max_supply ath ath_change_percentage "
        "ath_date atl atl_change_percentage atl_date roi last_updated"
    )
    assert list(row) == columns.split()
    assert (row["id"], row["symbol"], row["name"], row["market_cap_rank"]) == ("bitcoin", "btc", "Bitcoin", 1)
    assert row["last_updated"].startswith("2026-06-26T09:")
    assert row["low_24h"] <= row["current_price"] <= row["high_24h"]


def test_pages_are_capped_at_250_and_cover_every_coin_once(sandbox: httpx.Client) -> None:
    ids: list[str] = []
    for page in range(1, 100):
        rows = markets(sandbox, per_page=1_000, page=page)
        ids += [row["id"] for row in rows]
        if len(rows) < 250:
            break
    listed = [row["id"] for row in get(sandbox, "/coins/list")]
    assert len(ids) == len(set(ids)) > 19_000
    assert set(ids) == set(listed)
    assert markets(sandbox, per_page=250, page=99) == []


def test_page_size_defaults_to_100(sandbox: httpx.Client) -> None:
    assert len(markets(sandbox)) == 100


def test_precision_decides_between_display_and_full_prices(sandbox: httpx.Client) -> None:
    shown, full = markets(sandbox, per_page=1)[0], markets(sandbox, per_page=1, precision="full")[0]
    assert isinstance(shown["current_price"], int)
    assert shown["current_price"] == round(full["current_price"])
    assert shown["current_price"] != full["current_price"]


def test_tiny_prices_come_with_an_exponent(sandbox: httpx.Client) -> None:
    text = sandbox.get(f"{BASE}/coins/markets?vs_currency=usd&ids=smurfsinu&precision=full").text
    price = text.split('"current_price":')[1].split(",")[0]
    assert "e-10" in price


def test_rows_full_of_nulls_exist(sandbox: httpx.Client) -> None:
    row = markets(sandbox, ids="mapmetrics")[0]
    assert {name for name, value in row.items() if value is None} >= NULLABLE | {"last_updated"}
    assert row["image"] == "missing_large.png"


def test_unranked_coins_come_last_with_market_cap_zero(sandbox: httpx.Client) -> None:
    row = markets(sandbox, ids="smurfsinu,bitcoin")[1]
    assert (row["id"], row["market_cap"], row["market_cap_rank"]) == ("smurfsinu", 0, None)


def test_ids_obey_the_page_size(sandbox: httpx.Client) -> None:
    ids = ",".join(row["id"] for row in markets(sandbox, per_page=150))
    assert len(markets(sandbox, ids=ids)) == 100


def test_a_symbol_is_shared_by_several_coins(sandbox: httpx.Client) -> None:
    assert len(markets(sandbox, symbols="usdt")) >= 3


@pytest.mark.parametrize(("order", "column"), [("id_asc", "id"), ("volume_desc", "total_volume")])
def test_rows_can_be_ordered(sandbox: httpx.Client, order: str, column: str) -> None:
    values = [row[column] for row in markets(sandbox, order=order, per_page=20)]
    if column == "id":
        assert values == sorted(values)
    else:
        assert values[0] > values[-1]


def test_extra_columns_come_when_asked(sandbox: httpx.Client) -> None:
    row = markets(sandbox, per_page=1, price_change_percentage="1h,7d,nonsense", sparkline="true")[0]
    assert row["price_change_percentage_1h_in_currency"] != row["price_change_percentage_7d_in_currency"]
    assert len(row["sparkline_in_7d"]["price"]) == 168
    assert "price_change_percentage_nonsense_in_currency" not in row


def test_other_currencies_are_converted(sandbox: httpx.Client) -> None:
    dollars, euros = (
        markets(sandbox, vs_currency=code, per_page=1, precision="full")[0] for code in ("usd", "eur")
    )
    assert euros["current_price"] == pytest.approx(dollars["current_price"] / 1.17)


def test_a_frozen_clock_answers_the_same_bytes(sandbox: httpx.Client) -> None:
    url = f"{BASE}/coins/markets?vs_currency=usd&per_page=250"
    assert sandbox.get(url).content == sandbox.get(url).content


def test_the_list_carries_platforms_only_for_lower_case_true(sandbox: httpx.Client) -> None:
    with_platforms = {row["id"]: row for row in get(sandbox, "/coins/list", include_platform="true")}
    assert with_platforms["tether"]["platforms"]["ethereum"] == "0xdac17f958d2ee523a2206206994597c13d831ec7"
    assert with_platforms["tether"]["platforms"]["solana"].startswith("Es9vMF")
    assert any(row["platforms"] == {"": ""} for row in with_platforms.values())
    assert "platforms" not in get(sandbox, "/coins/list", include_platform="True")[0]


def test_inactive_coins_are_a_list_of_their_own(sandbox: httpx.Client) -> None:
    active, inactive = get(sandbox, "/coins/list"), get(sandbox, "/coins/list", status="inactive")
    assert inactive
    assert not {row["id"] for row in active} & {row["id"] for row in inactive}


def test_asset_platforms_name_evm_chains_by_number(sandbox: httpx.Client) -> None:
    chains = {row["id"]: row for row in get(sandbox, "/asset_platforms")}
    assert chains["polygon-pos"]["chain_identifier"] == 137
    assert chains["solana"]["chain_identifier"] is None
    assert chains["polygon-pos"]["native_coin_id"] == "polygon-ecosystem-token"


def test_exchange_rates_are_units_per_bitcoin(sandbox: httpx.Client) -> None:
    rates = get(sandbox, "/exchange_rates")["rates"]
    price = markets(sandbox, ids="bitcoin", precision="full")[0]["current_price"]
    assert rates["btc"] == {"name": "Bitcoin", "unit": "BTC", "value": 1.0, "type": "crypto"}
    assert rates["usd"]["value"] == pytest.approx(price, rel=0.005)
    assert {rate["type"] for rate in rates.values()} == {"crypto", "fiat", "commodity"}


def test_simple_price_leaves_out_the_unknown_and_empties_the_priceless(sandbox: httpx.Client) -> None:
    prices = get(
        sandbox,
        "/simple/price",
        ids="bitcoin,matic-network,nobody",
        vs_currencies="usd,eur",
        include_market_cap="true",
        include_last_updated_at="true",
    )
    assert prices["matic-network"] == {}
    assert "nobody" not in prices
    assert set(prices["bitcoin"]) == {"usd", "usd_market_cap", "eur", "eur_market_cap", "last_updated_at"}
    assert "usd" in get(sandbox, "/simple/supported_vs_currencies")


def test_global_figures(sandbox: httpx.Client) -> None:
    data = get(sandbox, "/global")["data"]
    assert data["market_cap_percentage"]["btc"] > 30
    assert isinstance(data["updated_at"], int)


def test_a_coin_page_is_found_by_id_and_by_contract(sandbox: httpx.Client) -> None:
    page = get(sandbox, "/coins/uniswap", localization="false", tickers="false")
    address = page["detail_platforms"]["ethereum"]["contract_address"]
    assert get(sandbox, f"/coins/ethereum/contract/{address.upper().replace('0X', '0x')}")["id"] == "uniswap"
    assert "localization" not in page
    assert page["market_data"]["current_price"]["usd"] > 0
    assert "market_data" not in get(sandbox, "/coins/uniswap", market_data="false")


@pytest.mark.parametrize(("days", "step_ms"), [("1", 300_000), ("30", 3_600_000), ("365", 86_400_000)])
def test_charts_get_coarser_with_their_length(sandbox: httpx.Client, days: str, step_ms: int) -> None:
    body = get(sandbox, "/coins/bitcoin/market_chart", vs_currency="usd", days=days)
    stamps = [stamp for stamp, _ in body["prices"]]
    assert stamps == sorted(set(stamps))
    steps = sorted(later - earlier for earlier, later in pairwise(stamps))
    assert steps[len(steps) // 2] == pytest.approx(step_ms, rel=0.2)
    assert len(body["prices"]) == len(body["market_caps"]) == len(body["total_volumes"])
    assert stamps[-1] == 1_782_467_430_000, "the last point is now, off every boundary"


def test_a_past_price_is_the_same_however_it_is_asked_for(sandbox: httpx.Client) -> None:
    window = {"vs_currency": "usd", "from": "1780272000", "to": "1780531200"}
    daily = get(sandbox, "/coins/bitcoin/market_chart/range", interval="daily", **window)["prices"]
    day = get(sandbox, "/coins/bitcoin/history", date="2026-06-02")["market_data"]["current_price"]["usd"]
    assert dict(map(tuple, daily))[1_780_358_400_000] == day
    assert (
        get(sandbox, "/coins/bitcoin/history", date="02-06-2026")["market_data"]["current_price"]["usd"]
        == day
    )


def test_candles_hold_their_own_extremes(sandbox: httpx.Client) -> None:
    for _, opened, high, low, closed in get(sandbox, "/coins/bitcoin/ohlc", vs_currency="usd", days=7):
        assert low <= min(opened, closed) <= max(opened, closed) <= high


REFUSALS = [
    ("/coins/markets", {"vs_currency": "nonsense"}, 400, {"error": "invalid vs_currency"}),
    ("/coins/markets", {}, 400, {"error": "invalid vs_currency"}),
    ("/coins/nobody", {}, 404, {"error": "coin not found"}),
    ("/simple/price", {"ids": "bitcoin"}, 422, {"error": "Missing parameter vs_currencies"}),
]


@pytest.mark.parametrize(("path", "params", "status", "body"), REFUSALS)
def test_refusals(
    sandbox: httpx.Client, path: str, params: dict[str, str], status: int, body: object
) -> None:
    response = sandbox.get(BASE + path, params=params)
    assert (response.status_code, response.json()) == (status, body)


@pytest.mark.parametrize("days", ["400", "max"])
def test_history_beyond_a_year_needs_a_pro_key(sandbox: httpx.Client, days: str) -> None:
    url = f"{BASE}/coins/bitcoin/market_chart?vs_currency=usd&days={days}"
    refused = sandbox.get(url)
    assert refused.status_code == 401
    assert refused.json()["error"]["status"]["error_code"] == 10012
    assert sandbox.get(url, headers={"x-cg-pro-api-key": "mine"}).status_code == 200


@pytest.mark.parametrize("agent", ["", "python-httpx/0.28.1"])
def test_a_user_agent_of_ones_own_is_required(sandbox: httpx.Client, agent: str) -> None:
    response = sandbox.get(f"{BASE}/ping", headers={"user-agent": agent})
    assert response.status_code == 403
    assert "descriptive User-Agent" in response.json()["status"]["error_message"]


@pytest.mark.parametrize("header", ["x-cg-demo-api-key", "x-cg-pro-api-key"])
def test_keys_are_taken_and_the_wrong_one_refused(sandbox: httpx.Client, header: str) -> None:
    assert sandbox.get(f"{BASE}/ping", headers={header: "mine"}).status_code == 200
    refused = sandbox.get(f"{BASE}/ping", headers={header: "wrong"})
    assert (refused.status_code, refused.json()["status"]["error_code"]) == (401, 10002)


def test_answers_are_compressed_for_those_who_ask(sandbox: httpx.Client) -> None:
    response = sandbox.get(f"{BASE}/coins/list", headers={"accept-encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"


def test_a_page_and_the_whole_list_are_quick(sandbox: httpx.Client) -> None:
    def fastest(url: str) -> float:
        times = []
        for _ in range(3):
            start = time.perf_counter()
            sandbox.get(url).raise_for_status()
            times.append(time.perf_counter() - start)
        return min(times)

    assert fastest(f"{BASE}/coins/markets?vs_currency=usd&per_page=250&precision=full") < 0.25
    assert fastest(f"{BASE}/coins/list?include_platform=true") < 1.0
