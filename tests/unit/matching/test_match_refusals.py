"""The dry run's bad input: one clear line and exit code 2 where a file is no use, the rest matched where a record is.

Whatever comes, no output is left half-written, and an earlier one stays until a new one is complete.
"""

import csv
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.match_files import write_links
from flows.match_lists import match
from flows.matching.pairing import Row

COIN = {"id": "quorum-ledger", "symbol": "qlg", "name": "Quorum Ledger"}
LIKE = {"id": "qlg-quorum-ledger", "symbol": "QLG", "name": "Quorum Ledger", "rank": 1, "is_active": True}


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with two good lists."""
    (tmp_path / "left.json").write_text(json.dumps([COIN]))
    (tmp_path / "right.json").write_text(json.dumps([LIKE]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(out: str = "links.csv", *contracts: str, truth: str | None = None) -> int:
    return match(
        "coingecko:left.json",
        "coinpaprika:right.json",
        Path(out),
        contracts,
        truth=Path(truth) if truth else None,
    )


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    told = capsys.readouterr()
    assert told.err.startswith("match: ")
    assert told.err.count("\n") == 1
    return told.err


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (None, "No such file"),
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[{]", "not JSON"),
        (b'[{"id": "a", "symbol": "a", "name": "a", "rank": NaN}]', "not JSON"),
        (b'[{"id": "a", "symbol": "a", "name": "a", "rank": 1e999}]', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[" * 900 + b"]" * 900, "not a list of coins"),
        (b"null", "not a list of coins"),
        (b'"coins"', "not a list of coins"),
        (b"[]", "empty"),
        (b"[1, 2]", "not a list of coins"),
        (b'[[{"id": "x"}]]', "not a list of coins"),
        (b'[{"id": "x"}]', "'id'"),
        (b'{"error": "slow down"}', "not a list of coins"),
        (b'{"data": {"id": "x"}}', "not a list of coins"),
        (b'[{"id": null, "symbol": "a", "name": "a"}, 7]', "none of its 2 records"),
    ],
)
def test_a_list_that_is_none_is_one_line_and_leaves_nothing(
    body: bytes | None, complaint: str, lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lists / "right.json").unlink()
    if body is not None:
        (lists / "right.json").write_bytes(body)
    before = set(lists.iterdir())
    assert run() == 2
    told = refusal(capsys)
    assert complaint in told
    assert "right.json" in told
    assert set(lists.iterdir()) == before


def test_a_folder_is_no_list(lists: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (lists / "right.json").unlink()
    (lists / "right.json").mkdir()
    assert run() == 2
    assert "Is a directory" in refusal(capsys)


@pytest.mark.parametrize(
    ("left", "right", "contracts", "complaint"),
    [
        ("left.json", "coinpaprika:right.json", (), "source:path"),
        ("", "coinpaprika:right.json", (), "source:path"),
        (":left.json", "coinpaprika:right.json", (), "source:path"),
        ("coingecko:", "coinpaprika:right.json", (), "source:path"),
        ("coingecko: ", "coinpaprika:right.json", (), "source:path"),
        ("coingecko:left.json", "coingecko:right.json", (), "two sources"),
        ("coingecko:left.json", "coinpaprika:right.json", ("mars-chain:contracts.json",), "mars-chain"),
        ("coingecko:left.json", "coinpaprika:right.json", ("eth-ethereum",), "platform:path"),
        ("coingecko:left.json", "coinpaprika:right.json", ("eth-ethereum:none.json",), "none.json"),
        ("coingecko:left.json", "coinpaprika:right.json", ("eth-ethereum:right.json",), "list of contracts"),
        ("coingecko:left.json", "mine:right.json", ("eth-ethereum:contracts.json",), "CoinPaprika's"),
        ("coingecko:a\nb.json", "coinpaprika:right.json", (), "No such file"),
    ],
)
def test_a_bad_argument_says_how_it_should_read(
    left: str,
    right: str,
    contracts: tuple[str, ...],
    complaint: str,
    lists: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (lists / "contracts.json").write_text("[]")
    assert match(left, right, Path("links.csv"), contracts) == 2
    assert complaint in refusal(capsys)
    assert not Path("links.csv").exists()


@pytest.mark.parametrize(
    ("truth", "complaint"),
    [
        (None, "No such file"),
        (b"", "coingecko_id, coinpaprika_id"),
        (b"left,right\n1,2\n", "coingecko_id, coinpaprika_id"),
        (b"coingecko_id\nquorum-ledger\n", "no column coinpaprika_id"),
        (b"coingecko_id,coinpaprika_id\n", "names no pair"),
        (b"coingecko_id,coinpaprika_id\nquorum-ledger\n", "line 2 lacks an id"),
        (b"coingecko_id,coinpaprika_id\n,x\n", "line 2 lacks an id"),
        (b"coingecko_id,coinpaprika_id\n\xff,x\n", "UTF-8"),
        (b'coingecko_id,coinpaprika_id\n"x,y\n', "CSV"),
    ],
)
def test_a_truth_file_that_is_none_leaves_an_earlier_output_alone(
    truth: bytes | None, complaint: str, lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lists / "links.csv").write_text("earlier")
    if truth is not None:
        (lists / "truth.csv").write_bytes(truth)
    assert run(truth="truth.csv") == 2
    told = refusal(capsys)
    assert complaint in told
    assert "truth.csv" in told
    assert (lists / "links.csv").read_text() == "earlier"


def test_a_null_byte_in_the_truth_is_part_of_an_id(lists: Path) -> None:
    (lists / "truth.csv").write_bytes(b"coingecko_id,coinpaprika_id\nquorum\0-ledger,x\n")
    assert run(truth="truth.csv") == 0


@pytest.mark.parametrize(
    ("out", "complaint"),
    [
        ("no/links.csv", "No such file"),
        ("folder", "Is a directory"),
        (".", "Is a directory"),
        ("left.json", "would be overwritten"),
        ("left.json/links.csv", "Not a directory"),
        ("x" * 300, "too long"),
    ],
)
def test_an_output_that_cannot_be_written_is_told(
    out: str, complaint: str, lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (lists / "folder").mkdir()
    before = {path: path.read_bytes() for path in lists.iterdir() if path.is_file()}
    assert run(out) == 2
    assert complaint in refusal(capsys)
    assert {path: path.read_bytes() for path in lists.iterdir() if path.is_file()} == before


def test_an_interruption_leaves_the_earlier_output(lists: Path) -> None:
    out = lists / "links.csv"
    out.write_text("earlier")

    def rows() -> Any:  # noqa: ANN401 - a generator that is cut off
        yield Row("a", "b", "accepted", "symbol", "0.9", "because")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_links(out, rows())
    assert out.read_text() == "earlier"
    assert {path.name for path in lists.iterdir()} == {"left.json", "right.json", "links.csv"}


def test_a_pipe_is_written_to_and_stays_a_pipe(lists: Path) -> None:
    os.mkfifo(lists / "pipe")
    heard: list[str] = []
    listener = threading.Thread(target=lambda: heard.append((lists / "pipe").read_text()))
    listener.start()
    assert run("pipe") == 0
    listener.join(timeout=10)
    assert "qlg-quorum-ledger" in heard[0]
    assert (lists / "pipe").is_fifo()


def test_a_link_to_an_output_elsewhere_stays_a_link(lists: Path) -> None:
    (lists / "links.csv").symlink_to(lists / "elsewhere.csv")
    assert run() == 0
    assert (lists / "links.csv").is_symlink()
    assert rows_of(lists / "elsewhere.csv")[0]["right_id"] == "qlg-quorum-ledger"


@pytest.mark.parametrize(
    ("source_id", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@sum(a1)", "'@sum(a1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t=1"),
        ("-money", "-money"),
        ("a=1", "a=1"),
        ('comma, "quote"\nand line', 'comma, "quote"\nand line'),
        ("zero\u200bwidth 🚀 比特币", "zero\u200bwidth 🚀 比特币"),
    ],
)
def test_ids_are_written_exactly_but_never_as_a_formula(source_id: str, written: str, lists: Path) -> None:
    (lists / "left.json").write_text(json.dumps([{**COIN, "id": source_id}]))
    assert run() == 0
    assert [row["left_id"] for row in rows_of(lists / "links.csv")] == [written]


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "odd"},
        {"id": "odd", "symbol": None, "name": None},
        {"id": "odd", "symbol": 7, "name": ["x"]},
        {"id": "odd", "symbol": "🚀", "name": "🚀🌕"},
        {"id": "odd", "symbol": "比特", "name": "比特币"},
        {"id": "odd", "symbol": "o\u200bdd", "name": "\u200b"},
        {"id": "odd", "symbol": "\u043edd", "name": "\u043e\u0441\u0435"},
        {"id": "odd", "symbol": "x" * 10_000, "name": "long " * 2_000},
        {"id": "odd", "symbol": "\x00", "name": "\r\n"},
        {"id": "odd", "symbol": "odd", "name": "Odd", "rank": 10**40, "type": ["coin"], "is_active": "yes"},
        {"id": "odd", "symbol": "odd", "name": "Odd", "quotes": {"USD": None}},
        {"id": "odd", "symbol": "odd", "name": "Odd", "quotes": []},
        {"id": "odd", "symbol": "odd", "name": "Odd", "platforms": ["0x"], "tokens": {"1": [None, {}, "0x"]}},
        {
            "id": "odd",
            "symbol": "odd",
            "name": "Odd",
            "current_price": "1e999999",
            "last_updated": "0001-01-01",
        },
        {"id": "odd", "symbol": "odd", "name": "Odd", "current_price": 1, "last_updated": 10**15},
        {"id": "odd", "symbol": "odd", "name": "Odd", "current_price": -1, "last_updated": "soon"},
    ],
)
def test_an_odd_record_disturbs_no_other(odd: dict[str, Any], lists: Path) -> None:
    (lists / "left.json").write_text(json.dumps([odd, COIN, odd]))
    (lists / "right.json").write_text(json.dumps([{**odd, "id": "odd-odd"}, LIKE]))
    assert run() == 0
    found = {row["left_id"]: row["right_id"] for row in rows_of(lists / "links.csv")}
    assert found["quorum-ledger"] == "qlg-quorum-ledger"
    assert set(found) == {"odd", "quorum-ledger"}


@pytest.mark.parametrize("count", [1, 30])
def test_prices_of_any_size_can_be_compared(count: int, lists: Path) -> None:
    prices = ["1e-39", "1e39", "1E-999999999", "1E+999999999", "0", "-0", "NaN", "Infinity", ""]
    for name, shown in (("left", prices), ("right", prices[::-1])):
        rows = [
            {
                "id": f"{name}-{n}",
                "symbol": "QLG",
                "name": f"Quorum {n}",
                "priceUsd": price,
                "marketCapUsd": price,
            }
            for n, price in enumerate(shown * count)
        ]
        (lists / f"{name}.json").write_text(json.dumps({"data": rows, "timestamp": 1767225600000}))
    assert run() == 0


def test_contracts_of_a_wrong_form_are_told_and_the_rest_counts(
    lists: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "0x" + "ab" * 20
    (lists / "left.json").write_text(json.dumps([{**COIN, "platforms": {"ethereum": address, "moon": "x"}}]))
    contracts = [
        7,
        {"address": None, "id": "x"},
        {"address": "0x12", "id": "x"},
        {"address": address, "id": LIKE["id"]},
    ]
    (lists / "contracts.json").write_text(json.dumps(contracts))
    assert run("links.csv", "eth-ethereum:contracts.json") == 0
    told = capsys.readouterr().out
    assert "record 0: not a contract" in told
    assert "'0x12' is not a token address on eip155:1" in told
    assert rows_of(lists / "links.csv")[0]["method"] == "contract"


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=4
)
fields = (
    "id",
    "symbol",
    "name",
    "rank",
    "is_active",
    "type",
    "quotes",
    "platforms",
    "current_price",
    "last_updated",
)
records = st.dictionaries(st.sampled_from(fields), values) | values


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records, max_size=4))
def test_any_body_is_matched_or_refused(lists: Path, body: list[Any]) -> None:
    (lists / "links.csv").unlink(missing_ok=True)
    (lists / "right.json").write_text(json.dumps(body))
    code = run()
    assert code in {0, 2}
    assert (lists / "links.csv").exists() == (code == 0)
