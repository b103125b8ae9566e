"""Recorded payloads over HTTP: every row once, none altered."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.sandbox.replay import read_recording
from flows.sandbox.settings import SandboxSettings

GECKO, PAPRIKA, CAP = "/coingecko/api/v3", "/coinpaprika/v1", "/coincap/v3"
KEY = {"authorization": "Bearer anything"}
Serve = Callable[[SandboxSettings], httpx.Client]


@pytest.fixture(scope="module")
def replayed(recorded: Path, serve_sandbox: Serve) -> httpx.Client:
    """A sandbox that serves the recordings beside the project."""
    return serve_sandbox(SandboxSettings(size=600, replay=recorded))


def _texts(path: Path) -> list[str]:
    return [row.text for row in read_recording(path).rows]


def _assert_same_rows(bodies: list[str], path: Path) -> None:
    """The pages' rows, cut out of their arrays, are the file's rows to the last character."""
    served = "".join(body.strip()[1:-1] + "," for body in bodies if body != "[]")
    assert served == "".join(text + "," for text in _texts(path))


def test_newest_markets_page_by_page(replayed: httpx.Client, recorded: Path) -> None:
    path = recorded / "coingecko" / "coingecko_markets_100_2025-03-19.json"
    pages = [
        replayed.get(f"{GECKO}/coins/markets?vs_currency=usd&per_page=30&page={page}").text
        for page in range(1, 6)
    ]
    _assert_same_rows(pages, path)
    assert pages[4] == "[]"
    assert [row for page in pages for row in json.loads(page)] == json.loads(path.read_text())


@pytest.mark.parametrize(
    "name", ["coingecko_markets_145_2022-08-26.json", "coingecko_markets_250_2023-05-03.json"]
)
def test_chosen_markets(recorded: Path, serve_sandbox: Serve, name: str) -> None:
    settings = SandboxSettings(size=600, replay=recorded, replay_files={"coingecko/markets": name})
    client = serve_sandbox(settings)
    pages = [
        client.get(f"{GECKO}/coins/markets?vs_currency=usd&per_page=250&page={page}").text for page in (1, 2)
    ]
    _assert_same_rows(pages, recorded / "coingecko" / name)


@pytest.mark.parametrize(
    ("path", "file"),
    [
        (f"{GECKO}/coins/list?include_platform=true", "coingecko/coingecko_list_platforms_2023-05-03.json"),
        (f"{PAPRIKA}/tickers", "coinpaprika/coinpaprika_tickers_2021-08-12.json"),
        (f"{PAPRIKA}/coins", "coinpaprika/coinpaprika_coins_2022-01-07.json"),
        (f"{PAPRIKA}/contracts/eth-ethereum", "coinpaprika/coinpaprika_contracts_eth_2021-08-12.json"),
    ],
)
def test_whole_lists(replayed: httpx.Client, recorded: Path, path: str, file: str) -> None:
    body = replayed.get(path).text
    _assert_same_rows([body], recorded / file)
    assert json.loads(body) == json.loads((recorded / file).read_text())


def test_assets_by_offset_under_their_recorded_time(replayed: httpx.Client, recorded: Path) -> None:
    path = recorded / "coincap" / "coincap_assets_100_2018-08-06.json"
    bodies = [
        replayed.get(f"{CAP}/assets?limit=40&offset={offset}", headers=KEY) for offset in (0, 40, 80, 120)
    ]
    _assert_same_rows([body.text.split('"data":', 1)[1][:-1] for body in bodies], path)
    assert {body.json()["timestamp"] for body in bodies} == {1533581088278}
    assert [len(body.json()["data"]) for body in bodies] == [40, 40, 20, 0]


def test_single_rows(replayed: httpx.Client, recorded: Path) -> None:
    tickers: list[dict[str, Any]] = json.loads(
        (recorded / "coinpaprika/coinpaprika_tickers_2021-08-12.json").read_text()
    )
    assert replayed.get(f"{PAPRIKA}/tickers/{tickers[7]['id']}").json() == tickers[7]
    assert replayed.get(f"{PAPRIKA}/tickers/nobody").status_code == 404
    assert replayed.get(f"{CAP}/assets/bitcoin", headers=KEY).json()["data"]["symbol"] == "BTC"
    assert replayed.get(f"{CAP}/assets/nobody", headers=KEY).status_code == 404


def test_ids_narrow_recorded_pages(replayed: httpx.Client) -> None:
    rows = replayed.get(f"{GECKO}/coins/markets?vs_currency=usd&ids=ripple,bitcoin").json()
    assert [row["id"] for row in rows] == ["bitcoin", "ripple"]


def test_doors_are_guarded_in_replay_too(replayed: httpx.Client) -> None:
    assert replayed.get(f"{GECKO}/coins/markets").status_code == 400
    assert replayed.get(f"{CAP}/assets").status_code == 401
    assert replayed.get(f"{GECKO}/coins/list", headers={"user-agent": ""}).status_code == 403


def test_what_was_not_recorded_is_small_and_faithful_or_empty(replayed: httpx.Client) -> None:
    assert replayed.get(f"{PAPRIKA}/contracts").json() == ["eth-ethereum"]
    assert replayed.get(f"{PAPRIKA}/contracts/sol-solana").status_code == 404
    assert replayed.get(f"{GECKO}/asset_platforms").json()[0]["id"] == "ethereum"
    assert "usd" in replayed.get(f"{GECKO}/exchange_rates").json()["rates"]
    assert replayed.get(f"{GECKO}/coins/list?status=inactive").json() == []
    assert replayed.get("/_sandbox/health").json()["mode"] == "replay"


def test_a_feed_the_folder_lacks_is_empty(tmp_path: Path, serve_sandbox: Serve) -> None:
    (tmp_path / "m_2026-01-01.json").write_text('[{"id":"a","current_price":1.10,"market_cap_rank":1}]')
    client = serve_sandbox(SandboxSettings(size=600, replay=tmp_path))
    assert client.get(f"{GECKO}/coins/markets?vs_currency=usd").text.endswith(
        '"current_price":1.10,"market_cap_rank":1}]'
    )
    assert client.get(f"{PAPRIKA}/tickers").json() == []
    assert client.get(f"{PAPRIKA}/contracts").json() == []
    assert client.get(f"{CAP}/assets", headers=KEY).json()["data"] == []
