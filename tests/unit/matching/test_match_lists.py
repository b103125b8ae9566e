"""The dry run's manners: what it writes, and what it says when it cannot."""

import csv
import json
from pathlib import Path

import pytest

from flows.match_lists import COLUMNS, match

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


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (None, "No such file"),
        (b"<html>", "not JSON"),
        (b'[{"id": "x"}]', "not a list of coins"),
        (b"[]", "empty"),
        (b"[1, 2]", "not a list of coins"),
        (b'{"error": "slow down"}', "not a list of coins"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_a_bad_file_is_one_line_and_leaves_nothing(
    body: bytes | None, complaint: str, lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lists / "right.json").unlink()
    if body is not None:
        (lists / "right.json").write_bytes(body)
    before = set(lists.iterdir())
    assert run(lists) == 2
    told = capsys.readouterr().err
    assert complaint in told
    assert "right.json" in told
    assert told.count("\n") == 1
    assert set(lists.iterdir()) == before


@pytest.mark.parametrize(
    ("left", "right", "contracts", "complaint"),
    [
        ("left.json", "coinpaprika:right.json", (), "source:path"),
        ("coingecko:left.json", "coingecko:right.json", (), "two sources"),
        ("coingecko:left.json", "coinpaprika:right.json", ("mars-chain:contracts.json",), "mars-chain"),
        (
            "coingecko:left.json",
            "coinpaprika:right.json",
            ("eth-ethereum:right.json",),
            "not a list of contracts",
        ),
        ("coingecko:left.json", "coinpaprika:right.json", ("eth-ethereum",), "platform:path"),
    ],
)
def test_a_bad_argument_says_how_it_should_read(
    left: str,
    right: str,
    contracts: tuple[str, ...],
    complaint: str,
    lists: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(lists)
    assert match(left, right, Path("links.csv"), contracts) == 2
    assert complaint in capsys.readouterr().err
    assert not Path("links.csv").exists()


def test_a_bad_truth_file_or_folder_leaves_an_earlier_output_alone(lists: Path) -> None:
    (lists / "links.csv").write_text("earlier")
    (lists / "truth.csv").write_text("left,right\n1,2\n")
    assert run(lists, truth=lists / "truth.csv") == 2
    assert (lists / "links.csv").read_text() == "earlier"
    assert (
        match(
            f"coingecko:{lists / 'left.json'}",
            f"coinpaprika:{lists / 'right.json'}",
            lists / "no" / "links.csv",
        )
        == 2
    )
