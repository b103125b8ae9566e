"""CoinPaprika's endpoints over HTTP: plans, shapes, redirects, refusals."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

BASE = "/coinpaprika/v1"
KEY = {"authorization": "a-paid-key"}


def get(client: httpx.Client, path: str, **params: str | int) -> Any:  # noqa: ANN401 - JSON is anything
    response = client.get(BASE + path, params=params)
    assert response.status_code == 200, response.text
    return response.json()


def test_the_free_plan_has_the_top_2000_without_circulating_supply(sandbox: httpx.Client) -> None:
    rows = get(sandbox, "/tickers")
    assert [row["rank"] for row in rows] == list(range(1, 2_001))
    assert not any("circulating_supply" in row for row in rows)


def test_a_key_brings_all_coins_and_the_circulating_supply(sandbox: httpx.Client) -> None:
    rows = sandbox.get(f"{BASE}/tickers", headers=KEY).json()
    assert len(rows) > 5_000
    assert isinstance(rows[0]["circulating_supply"], int)


def test_a_ticker_has_every_field(sandbox: httpx.Client) -> None:
    row = get(sandbox, "/tickers/btc-bitcoin")
    assert (row["id"], row["symbol"], row["name"], row["rank"]) == ("btc-bitcoin", "BTC", "Bitcoin", 1)
    assert row["last_updated"].startswith("2026-06-26T09:")
    assert row["last_updated"].endswith("Z")
    assert "." not in row["last_updated"]
    fields = (
        "price volume_24h volume_24h_change_24h market_cap market_cap_change_24h percent_change_15m "
        "percent_change_30m percent_change_1h percent_change_6h percent_change_12h percent_change_24h "
        "percent_change_7d percent_change_30d percent_change_1y ath_price ath_date percent_from_price_ath"
    )
    assert list(row["quotes"]) == ["USD"]
    assert list(row["quotes"]["USD"]) == fields.split()


def test_other_quotes_come_instead_of_dollars(sandbox: httpx.Client) -> None:
    quotes = get(sandbox, "/tickers/eth-ethereum", quotes="BTC,eur")["quotes"]
    assert set(quotes) == {"BTC", "EUR"}
    assert quotes["EUR"]["ath_price"] is None
    assert 0 < quotes["BTC"]["price"] < 1


@pytest.mark.parametrize("quotes", ["USD,EUR,PLN,KRW", "XYZ"])
def test_too_many_or_unknown_quotes_are_refused(sandbox: httpx.Client, quotes: str) -> None:
    response = sandbox.get(f"{BASE}/tickers", params={"quotes": quotes})
    assert response.status_code == 400
    assert list(response.json()) == ["error"]


def test_coins_list_the_inactive_with_rank_zero(sandbox: httpx.Client) -> None:
    rows = get(sandbox, "/coins")
    first = {
        "id": "btc-bitcoin",
        "name": "Bitcoin",
        "symbol": "BTC",
        "rank": 1,
        "is_new": False,
        "is_active": True,
    }
    assert rows[0] == {**first, "type": "coin"}
    gone = [row for row in rows if not row["is_active"]]
    assert gone
    assert {row["rank"] for row in gone} == {0}
    assert {row["type"] for row in rows} == {"coin", "token"}


def test_a_coin_page_lists_its_contracts(sandbox: httpx.Client) -> None:
    page = get(sandbox, "/coins/usdt-tether")
    ethereum = {
        "contract": "0xdac17f958d2ee523a2206206994597c13d831ec7",
        "platform": "eth-ethereum",
        "type": "ERC20",
    }
    assert ethereum in page["contracts"]


def test_contracts_by_platform(sandbox: httpx.Client) -> None:
    platforms = get(sandbox, "/contracts")
    assert "eth-ethereum" in platforms
    rows = get(sandbox, "/contracts/eth-ethereum")
    assert set(rows[0]) == {"address", "type", "id", "active"}
    listed = {row["id"] for row in get(sandbox, "/coins")}
    assert all(
        {row["id"] for row in get(sandbox, f"/contracts/{platform}")} <= listed for platform in platforms
    )


def test_an_address_redirects_to_its_ticker(sandbox: httpx.Client) -> None:
    path = f"{BASE}/contracts/eth-ethereum/0xdAC17F958d2ee523a2206206994597c13d831ec7"
    response = sandbox.get(path)
    assert response.status_code == 301
    followed = sandbox.get(response.headers["location"])
    assert followed.json()["id"] == "usdt-tether"


def test_daily_history_of_a_year_is_free(sandbox: httpx.Client) -> None:
    rows = get(
        sandbox, "/tickers/btc-bitcoin/historical", start="2026-06-01", end="2026-06-04", interval="1d"
    )
    assert [row["timestamp"] for row in rows] == [f"2026-06-0{day}T00:00:00Z" for day in (1, 2, 3)]
    assert set(rows[0]) == {"timestamp", "price", "volume_24h", "market_cap"}


@pytest.mark.parametrize(
    ("params", "what"),
    [
        ({"start": "2026-06-26"}, "5-minute"),
        ({"start": "2026-06-01", "interval": "1h"}, "hourly"),
        ({"start": "2024-01-01", "interval": "1d"}, "daily"),
    ],
)
def test_what_the_plan_lacks_is_402(sandbox: httpx.Client, params: dict[str, str], what: str) -> None:
    url = f"{BASE}/tickers/btc-bitcoin/historical"
    refused = sandbox.get(url, params=params)
    assert refused.status_code == 402
    assert refused.json()["error"].startswith(f"Getting {what} historical data before 202")
    assert sandbox.get(url, params=params, headers=KEY).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/tickers/nobody", 404, "id not found"),
        ("/coins/nobody", 404, "id not found"),
        ("/contracts/nobody", 404, "platform not found"),
        ("/tickers/btc-bitcoin/historical", 400, "invalid parameter: start"),
    ],
)
def test_refusals(sandbox: httpx.Client, path: str, status: int, error: str) -> None:
    response = sandbox.get(BASE + path)
    assert (response.status_code, response.json()) == (status, {"error": error})


def test_a_wrong_key_is_refused(sandbox: httpx.Client) -> None:
    response = sandbox.get(f"{BASE}/tickers", headers={"authorization": "wrong"})
    assert (response.status_code, response.json()) == (403, {"error": "invalid API key"})


def test_global_figures(sandbox: httpx.Client) -> None:
    figures = get(sandbox, "/global")
    assert figures["bitcoin_dominance_percentage"] > 30
    assert isinstance(figures["last_updated"], int)
