"""The dry run's manners: what it writes, and what it says when it cannot."""

import csv
import json
from pathlib import Path

import pytest

from flows.match_files import COLUMNS
from flows.match_lists import match

USDX = "0x" + "ab" * 20
LEFT = [
    {
        "id": "quorum-ledger",
        "symbol": "qlg",
        "name": "Quorum Ledger",
        "platforms": {"ethereum": USDX, "tron": "nonsense"},
    },
    {"id": "tidal-harbor", "symbol": "tdh", "name": "Tidal Harbor", "platforms": {}},
    {"id": "tidal-harbor", "symbol": "tdh", "name": "Tidal Harbor again"},
    {"symbol": "noid", "name": "No id"},
    {"id": "lonely", "symbol": None, "name": None},
    "not a record",
]
RIGHT = [
    {"id": "old-renamed", "symbol": "OLD", "name": "Renamed", "rank": 3, "is_active": True, "type": "token"},
    {
        "id": "tdh-tidal-harbor",
        "symbol": "TDH",
        "name": "Tidal Harbor",
        "rank": 9,
        "is_active": True,
        "type": "coin",
    },
    {"id": "tdh-tidal", "symbol": "TDH", "name": "Tidal", "rank": 0, "is_active": False, "type": "coin"},
]
CONTRACTS = [
    {"address": f"\n{USDX.upper().replace('X', 'x', 1)} ", "type": "ERC20", "id": "old-renamed"},
    {"address": "kimex", "id": "x"},
]


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    (tmp_path / "left.json").write_text(json.dumps(LEFT))
    (tmp_path / "right.json").write_text(json.dumps(RIGHT))
    (tmp_path / "contracts.json").write_text(json.dumps(CONTRACTS))
    return tmp_path


def run(lists: Path, *contracts: str, explain: bool = False, truth: Path | None = None) -> int:
    left, right = f"coingecko:{lists / 'left.json'}", f"coinpaprika:{lists / 'right.json'}"
    return match(left, right, lists / "links.csv", contracts, explain, truth)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_left_listing_has_one_line_and_accepted_ones_their_like(lists: Path) -> None:
    assert run(lists, f"eth-ethereum:{lists / 'contracts.json'}") == 0
    rows = rows_of(lists / "links.csv")
    assert tuple(rows[0]) == COLUMNS
    found = {row["left_id"]: (row["right_id"], row["state"], row["method"]) for row in rows}
    assert found == {
        "quorum-ledger": ("old-renamed", "accepted", "contract"),
        "tidal-harbor": ("tdh-tidal-harbor", "accepted", "symbol+name+slug"),
        "lonely": ("", "unmatched", ""),
    }


def test_explain_tells_the_candidates_that_lost(lists: Path) -> None:
    assert run(lists, explain=True) == 0
    reasons = {row["left_id"]: row["reasons"] for row in rows_of(lists / "links.csv")}
    assert "tdh-tidal" in reasons["tidal-harbor"]
    assert "same symbol" in reasons["tidal-harbor"]


def test_the_truth_report_lists_every_miss(lists: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = lists / "truth.csv"
    truth.write_text(
        "coingecko_id,coinpaprika_id,also_right\nquorum-ledger,old-renamed,\ntidal-harbor,x,tdh-tidal-harbor|y\nabsent,z,\n"
    )
    assert run(lists, truth=truth) == 0
    told = capsys.readouterr().out
    assert "unmatched: quorum-ledger should be old-renamed" in told
    assert "unmatched: absent should be z: not in the left list" in told
    assert "33.33%" in told
    assert "66.67%" in told


def test_the_truth_counts_from_either_side(lists: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = lists / "truth.csv"
    truth.write_bytes(
        b"\xef\xbb\xbfcoingecko_id,coinpaprika_id,also_right\r\ntidal-harbor,tdh-tidal-harbor,tdh-tidal\r\n"
    )
    left, right = f"coinpaprika:{lists / 'right.json'}", f"coingecko:{lists / 'left.json'}"
    assert match(left, right, lists / "links.csv", truth=truth) == 0
    assert "100.00%" in capsys.readouterr().out
    found = {row["left_id"]: row["right_id"] for row in rows_of(lists / "links.csv")}
    assert found["tdh-tidal-harbor"] == "tidal-harbor"


def test_what_could_not_be_used_is_counted_and_told(lists: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(lists, f"eth-ethereum:{lists / 'contracts.json'}") == 0
    told = capsys.readouterr().out
    assert "record 3: no id" in told
    assert "'tidal-harbor' was listed before" in told
    assert "'nonsense' is not a token address on tron" in told
    assert "'kimex' is not a token address on eip155:1" in told


@pytest.mark.parametrize("is_first", [True, False], ids=["first", "last"])
def test_an_impostor_with_another_contract_is_for_a_person_to_see(
    lists: Path,
    is_first: bool,  # noqa: FBT001 - a parameter
) -> None:
    real = {"id": "quorum", "symbol": "qlg", "name": "Quorum", "platforms": {"ethereum": USDX}}
    impostor = {**real, "id": "quorum-ledger", "platforms": {"ethereum": "0x" + "cd" * 20}}
    honest = {"id": "qlg-quorum-ledger", "symbol": "QLG", "name": "Quorum"}
    (lists / "left.json").write_text(json.dumps([impostor, real] if is_first else [real, impostor]))
    (lists / "right.json").write_text(json.dumps([honest]))
    (lists / "contracts.json").write_text(json.dumps([{"address": USDX, "id": honest["id"]}]))
    assert run(lists, f"eth-ethereum:{lists / 'contracts.json'}") == 0
    rows = {row["left_id"]: row for row in rows_of(lists / "links.csv")}
    assert rows["quorum"]["state"] == "accepted"
    assert rows["quorum-ledger"]["state"] == "review"
    assert "contracts differ" in rows["quorum-ledger"]["reasons"]


COINCAP = {
    "data": [
        {"id": "tidal", "rank": "9", "symbol": "TDH", "name": "Tidal Harbor", "priceUsd": "1.5"},
        {
            "id": "ledger",
            "rank": "3",
            "symbol": "QLG",
            "name": "Ledger",
            "priceUsd": "2",
            "tokens": {"1": [USDX]},
        },
    ],
    "timestamp": 1767225600000,
}


@pytest.mark.parametrize("is_left", [True, False], ids=["left", "right"])
def test_coincap_is_matched_on_either_side(lists: Path, is_left: bool) -> None:  # noqa: FBT001 - a parameter
    (lists / "coincap.json").write_text(json.dumps(COINCAP))
    both = [f"coincap:{lists / 'coincap.json'}", f"coingecko:{lists / 'left.json'}"]
    left, right = both if is_left else both[::-1]
    assert match(left, right, lists / "links.csv") == 0
    accepted = {
        (row["left_id"], row["right_id"])
        for row in rows_of(lists / "links.csv")
        if row["state"] == "accepted"
    }
    pairs = {("tidal", "tidal-harbor"), ("ledger", "quorum-ledger")}
    assert accepted == (pairs if is_left else {(right, left) for left, right in pairs})
