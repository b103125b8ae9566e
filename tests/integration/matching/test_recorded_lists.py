"""The dry run on lists that providers really sent, scored against pairs known without names or symbols.

The recorded lists are not part of the project: they lie beside the repository, or these tests are skipped.
"""

import csv
from collections import Counter
from pathlib import Path

import orjson
import pytest

from flows.match_lists import match

RECORDED = Path(__file__).parents[4] / "shared" / "recorded"
GECKO = RECORDED / "coingecko"
PAPRIKA = RECORDED / "coinpaprika"
CONTRACTS = PAPRIKA / "coinpaprika_contracts_eth_2021-08-12.json"
PLATFORMS = GECKO / "coingecko_list_platforms_2023-05-03.json"
COINS = PAPRIKA / "coinpaprika_coins_2022-01-07.json"
TICKERS = PAPRIKA / "coinpaprika_tickers_2021-08-12.json"

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"no recorded lists at {RECORDED.resolve()}")


def rows_of(left: Path, right: Path, out: Path, *contracts: str) -> dict[str, dict[str, str]]:
    assert match(f"coingecko:{left}", f"coinpaprika:{right}", out, contracts) == 0
    with out.open(newline="", encoding="utf-8") as file:
        return {row["left_id"]: row for row in csv.DictReader(file)}


def score(rows: dict[str, dict[str, str]], known: dict[str, set[str]]) -> Counter[str]:
    verdicts: Counter[str] = Counter()
    for left_id, right_ids in known.items():
        row = rows[left_id]
        if row["state"] != "accepted":
            verdicts["unmatched"] += 1
        else:
            verdicts["right" if row["right_id"] in right_ids else "wrong"] += 1
    return verdicts


def truth(name: str) -> dict[str, set[str]]:
    with (RECORDED / "truth" / name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        row["coingecko_id"]: {row["coinpaprika_id"], *row["also_right"].split("|")} - {""} for row in rows
    }


def test_lists_alone_are_matched_to_99_percent(tmp_path: Path) -> None:
    known = truth("F_lists_2022-01-07.csv")
    found = score(rows_of(GECKO / "coingecko_list_2022-01-07.json", COINS, tmp_path / "f.csv"), known)
    assert found["right"] >= 0.99 * len(known)
    assert found["wrong"] <= 0.003 * len(known)


@pytest.mark.parametrize(
    ("left", "name"),
    [
        ("coingecko_markets_250_2022-01-29.json", "C_2022-01-29_vs_2021-08-12.csv"),
        ("coingecko_markets_250_2022-08-30.json", "D_2022-08-30_vs_2021-08-12.csv"),
        ("coingecko_markets_250_2023-05-03.json", "E_2023-05-03_vs_2021-08-12.csv"),
    ],
    ids="CDE",
)
def test_months_apart_nothing_is_linked_wrongly(left: str, name: str, tmp_path: Path) -> None:
    known = truth(name)
    found = score(rows_of(GECKO / left, TICKERS, tmp_path / "links.csv"), known)
    assert found["wrong"] == 0
    assert found["right"] >= 0.95 * len(known)


def test_on_the_same_day_all_are_right(tmp_path: Path) -> None:
    known = truth("A_same_day_2021-08-12.csv")
    left = GECKO / "coingecko_markets_50_2021-08-12_DERIVED.json"
    assert score(rows_of(left, TICKERS, tmp_path / "a.csv"), known) == Counter(right=len(known))


def test_a_shared_contract_decides(tmp_path: Path) -> None:
    listed = {row["id"] for row in orjson.loads(COINS.read_bytes())}
    by_address = {row["address"].strip(): row["id"] for row in orjson.loads(CONTRACTS.read_bytes())}
    known = {
        coin["id"]: {by_address[address]}
        for coin in orjson.loads(PLATFORMS.read_bytes())
        if (address := coin["platforms"].get("ethereum")) and by_address.get(address) in listed
    }
    assert len(known) > 900
    found = score(rows_of(PLATFORMS, COINS, tmp_path / "links.csv", f"eth-ethereum:{CONTRACTS}"), known)
    assert found["right"] >= 0.998 * len(known)


def test_a_list_full_of_nulls_is_survived(tmp_path: Path) -> None:
    rows = rows_of(GECKO / "coingecko_markets_145_2022-08-26.json", TICKERS, tmp_path / "links.csv")
    assert len(rows) == 145


def test_coincap_is_told_by_its_shape(tmp_path: Path) -> None:
    left = GECKO / "coingecko_list_2022-01-07.json"
    right = RECORDED / "coincap" / "coincap_assets_100_2018-08-06.json"
    assert match(f"coingecko:{left}", f"coincap:{right}", tmp_path / "links.csv") == 0
    with (tmp_path / "links.csv").open(newline="", encoding="utf-8") as file:
        accepted = {row["right_id"] for row in csv.DictReader(file) if row["state"] == "accepted"}
    assert {"bitcoin", "ethereum", "cardano"} <= accepted
