"""Recorded bodies: told apart by shape, and read without changing a character of a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sandbox.replay import feed_of, read_recording, read_recordings

MARKETS = '[{"id":"a","current_price":1.10,"market_cap_rank":null},\n {"id":"b","current_price":1E-11,"market_cap_rank":2}]'
SHAPES = {
    "coingecko/markets": MARKETS,
    "coingecko/list": '[{"id":"a","symbol":"a","name":"A"}]',
    "coinpaprika/tickers": '[ {"id":"a-a","rank":1,"quotes":{}} ]',
    "coinpaprika/coins": '[{"id":"a-a","rank":1,"is_active":true,"type":"coin"}]',
    "coinpaprika/contracts": '[{"address":"0x1","type":"ERC20","id":"a-a","active":true}]',
    "coincap/assets": '{"data":[{"id":"a","symbol":"A","priceUsd":"1.0"}],"timestamp":7}',
}


@pytest.mark.parametrize(("feed", "body"), SHAPES.items())
def test_bodies_are_told_apart_by_their_shape(feed: str, body: str) -> None:
    assert feed_of(body) == feed


@pytest.mark.parametrize("body", ["{}", "[]", "[1, 2]", '{"rates":{}}', '[{"other":1}]', ""])
def test_anything_else_is_no_feed(body: str) -> None:
    assert feed_of(body) is None


def test_rows_keep_their_text(tmp_path: Path) -> None:
    path = tmp_path / "markets.json"
    path.write_text(MARKETS)
    first, second = (row.text for row in read_recording(path).rows)
    assert first == '{"id":"a","current_price":1.10,"market_cap_rank":null}'
    assert second == '{"id":"b","current_price":1E-11,"market_cap_rank":2}'


def test_an_envelope_keeps_its_time(tmp_path: Path) -> None:
    path = tmp_path / "assets.json"
    path.write_text(SHAPES["coincap/assets"])
    recording = read_recording(path)
    assert recording.timestamp == 7
    assert recording.find("id", "a") is not None
    assert recording.find("id", "z") is None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "markets_2022-01-29.json").write_text(MARKETS)
    (tmp_path / "a_markets_2025-03-19.json").write_text(MARKETS)
    (tmp_path / "z_markets.json").write_text(MARKETS)
    (tmp_path / "notes.json").write_text('{"about":"nothing"}')
    return tmp_path


def test_the_newest_date_is_served(folder: Path) -> None:
    assert read_recordings(folder, {})["coingecko/markets"].name == "a_markets_2025-03-19.json"


def test_a_file_can_be_chosen(folder: Path) -> None:
    chosen = {"coingecko/markets": "markets_2022-01-29.json"}
    assert read_recordings(folder, chosen)["coingecko/markets"].name == "markets_2022-01-29.json"


def test_a_chosen_file_that_does_not_fit_is_named(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"no notes\.json with rows of coingecko/markets"):
        read_recordings(folder, {"coingecko/markets": "notes.json"})


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere does not exist"):
        read_recordings(tmp_path / "nowhere", {})
