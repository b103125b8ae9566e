"""CoinCap's endpoints over HTTP: keys, strings, paging, the odd addresses."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

BASE = "/coincap/v3"
KEY = {"authorization": "Bearer anything"}


def get(client: httpx.Client, path: str, **params: str | int) -> Any:  # noqa: ANN401 - JSON is anything
    response = client.get(BASE + path, params=params, headers=KEY)
    assert response.status_code == 200, response.text
    body = response.json()
    assert list(body) == ["timestamp", "data"]
    assert isinstance(body["timestamp"], int)
    return body["data"]


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "no-bearer"}])
def test_every_call_needs_a_key(sandbox: httpx.Client, headers: dict[str, str]) -> None:
    response = sandbox.get(f"{BASE}/assets", headers=headers)
    assert response.status_code == 401
    assert "error" in response.json()


def test_the_key_may_be_in_the_query(sandbox: httpx.Client) -> None:
    assert sandbox.get(f"{BASE}/assets?limit=1&apiKey=anything").status_code == 200


def test_an_asset_is_all_strings(sandbox: httpx.Client) -> None:
    asset = get(sandbox, "/assets/bitcoin")
    tokens = asset.pop("tokens")
    assert tokens == {}
    assert all(isinstance(value, str) for value in asset.values())
    fields = "id rank symbol name supply maxSupply marketCapUsd volumeUsd24Hr priceUsd changePercent24Hr vwap24Hr explorer"
    assert list(asset) == fields.split()
    assert len(asset["priceUsd"].split(".")[1]) == 18
    assert (asset["rank"], asset["symbol"]) == ("1", "BTC")


def test_market_cap_is_price_times_supply(sandbox: httpx.Client) -> None:
    for asset in get(sandbox, "/assets", limit=50):
        product = float(asset["priceUsd"]) * float(asset["supply"])
        assert float(asset["marketCapUsd"]) == product


def test_pages_cover_every_asset_once(sandbox: httpx.Client) -> None:
    pages = [get(sandbox, "/assets", limit=2_000, offset=offset) for offset in (0, 2_000, 4_000)]
    ids = [asset["id"] for page in pages for asset in page]
    assert len(pages[0]) == 2_000
    assert pages[2] == []
    assert len(ids) == len(set(ids)) > 2_000
    assert len(get(sandbox, "/assets")) == 100


def test_nulls_are_where_they_are_in_the_wild(sandbox: httpx.Client) -> None:
    assets = get(sandbox, "/assets", limit=2_000)
    for field in ("maxSupply", "vwap24Hr", "explorer"):
        assert any(asset[field] is None for asset in assets), field


def test_addresses_are_lower_case_even_solanas(sandbox: httpx.Client) -> None:
    tokens = get(sandbox, "/assets/tether")["tokens"]
    assert tokens["1"] == ["0xdac17f958d2ee523a2206206994597c13d831ec7"]
    assert tokens["101"] == ["es9vmfrzacermjfrf4h2fyd4kconky11mcce8benwnyb"]
    assert tokens["56"] == ["0x55d398326f99059ff775485246999027b3197955"], (
        "the bridged copy's, under the original"
    )


def test_bnb_carries_the_native_sentinel(sandbox: httpx.Client) -> None:
    assert get(sandbox, "/assets/binance-coin")["tokens"] == {"56": ["0x" + "e" * 40]}


def test_ids_and_search_narrow_the_list(sandbox: httpx.Client) -> None:
    assert [asset["id"] for asset in get(sandbox, "/assets", ids="xrp,bitcoin,nobody")] == ["bitcoin", "xrp"]
    assert "bitcoin-cash" in [asset["id"] for asset in get(sandbox, "/assets", search="bch")]


def test_history_is_spaced_by_its_interval(sandbox: httpx.Client) -> None:
    start, end = 1_780_272_000_000, 1_780_531_200_000
    points = get(sandbox, "/assets/bitcoin/history", interval="d1", start=start, end=end)
    assert [point["time"] for point in points] == list(range(start, end + 1, 86_400_000))
    assert points[0]["date"] == "2026-06-01T00:00:00.000Z"
    assert len(points[0]["priceUsd"].split(".")[1]) == 18


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/assets?limit=2001", 400, "limit exceeds 2000"),
        ("/assets/nobody", 404, "nobody not found"),
        ("/assets/bitcoin/history", 400, "missing interval"),
        ("/assets/bitcoin/history?interval=d1&start=1", 400, "start and end are required together"),
        (
            "/assets/bitcoin/history?interval=m1&start=0&end=1780531200000",
            400,
            "a window of m1 spans at most 1 days",
        ),
        ("/nothing", 404, "not found"),
    ],
)
def test_refusals(sandbox: httpx.Client, path: str, status: int, error: str) -> None:
    response = sandbox.get(BASE + path, headers=KEY)
    assert (response.status_code, response.json()["error"]) == (status, error)


def test_rates_are_in_dollars(sandbox: httpx.Client) -> None:
    euro = next(rate for rate in get(sandbox, "/rates") if rate["id"] == "euro")
    assert euro == {"id": "euro", "symbol": "EUR", "currencySymbol": "€", "type": "fiat", "rateUsd": "1.17"}
    assert get(sandbox, "/rates/euro") == euro
