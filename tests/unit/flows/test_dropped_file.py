"""Dropped files from bytes to what they tell, without a database: in slices of any size, and noticed when they change."""

from __future__ import annotations

import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows import csv_stream
from flows.dropped_file import DroppedFile, Mark, mark_of, open_dropped
from flows.errors import RetryNow, SourceSkipped, UnusableFile
from flows.observations import Observation, Reader, Told
from flows.sources.dropin import FileSource, export_of

NOW = datetime(2026, 6, 26, tzinfo=UTC)
NAMES = {"source_id": "id", "name": "name", "price_usd": "value", "updated_at": "timestamp"}
PRICES = FileSource("prices", "Prices", "prices.csv", NAMES)
HEADER = "id,name,value,timestamp\n"


def _tell(folder: Path, text: str | bytes, source: FileSource = PRICES) -> DroppedFile:
    body = text.encode() if isinstance(text, str) else text
    (folder / source.file).write_bytes(body)
    return open_dropped(source, folder)


def _read(opened: DroppedFile, known: Mark | None = None) -> list[tuple[Told, Mark]]:
    """Read all slices from where reading stands."""
    with opened.file:
        mark = opened.begin(known)
        reader = Reader(opened.source, opened.dialect, NOW, opened.written_at(NOW))
        return [(reader.read(some.rows), some.mark) for some in opened.slices(mark)]


def _all(opened: DroppedFile) -> Told:
    """Read a small file: one slice."""
    ((told, _),) = _read(opened)
    return told


def _points(told: Told) -> list[tuple[object, ...]]:
    return [(seen.source_id, f"{seen.at:%Y-%m-%d}", *seen.numbers) for seen in told.observed.values()]


def _rejects(told: Told) -> list[tuple[str, str]]:
    return [(reject.record_id, reject.reason) for reject in told.rejects]


def test_an_export_is_read_by_its_name_alone(tmp_path: Path) -> None:
    export = export_of("BTC-usd-max.csv")
    assert export is not None
    rows = "2013-04-28 00:00:00 UTC,135.3,0.0,\n2013-04-29 00:00:00 UTC,141.96,,7.5\n"
    told = _all(_tell(tmp_path, f"snapped_at,price,market_cap,total_volume\n{rows}", export))
    assert _points(told) == [
        ("btc", "2013-04-28", Decimal("135.3"), None, None),
        ("btc", "2013-04-29", Decimal("141.96"), None, Decimal("7.5")),
    ]
    assert [(one.source, one.source_id, one.symbol, one.name) for one in told.listings.values()] == [
        ("btc-usd-max", "btc", "btc", None)
    ]


def test_good_rows_are_read_and_bad_ones_told_by_their_line(tmp_path: Path) -> None:
    text = (
        "\ufeffid;name;value;timestamp\r\n"
        'a;"Two\r\nlines";1,5;28.04.2013\r\n'
        "a;A;2;2013-04-29;extra\r\n"
        "a;A;2\r\n"
        "\r\n"
        "a;A;0;2013-05-01\r\n"
        "a;A;;2013-05-01\r\n"
        "a;A;1.234;2013-05-01\r\n"
        "a;A;=1+1;2013-05-01\r\n"
        "a;=A1;1;2013-05-01\r\n"
        ";A;1;2013-05-01\r\n"
        "a;A;1;03/04/2013\r\n"
        "a;A;1;2013-02-29\r\n"
        "a;A;3;1367366400"
    )
    told = _all(_tell(tmp_path, text))
    assert _points(told) == [
        ("a", "2013-04-28", Decimal("1.5"), None, None),
        ("a", "2013-05-01", Decimal(3), None, None),
    ]
    assert _rejects(told) == [
        ("line 4", "malformed_row"),
        ("line 5", "malformed_row"),
        ("line 7", "no_price"),
        ("line 8", "no_price"),
        ("line 9", "ambiguous_number"),
        ("line 10", "formula"),
        ("line 11", "formula"),
        ("line 12", "no_id"),
        ("line 13", "ambiguous_date"),
        ("line 14", "not_a_time"),
    ]
    assert told.received == 12
    assert '"value":"1.234"' in told.rejects[4].payload.replace(" ", "")


def test_of_two_rows_for_one_moment_the_first_counts_and_one_that_differs_is_told(tmp_path: Path) -> None:
    told = _all(
        _tell(tmp_path, HEADER + "a,A,1,2013-04-28\na,A,1.0,1367107200\na,A,2,2013-04-28T00:00:00Z\n")
    )
    assert _points(told) == [("a", "2013-04-28", 1, None, None)]
    assert _rejects(told) == [("line 4", "known_otherwise")]
    assert "1 is known for 2013-04-28 00:00:00 UTC, and stays; this row has 2" in told.rejects[0].detail


def test_a_row_without_a_time_was_true_when_the_file_was_written(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text(HEADER + "a,A,1,\n")
    for mtime, at in ((1_700_000_000, datetime.fromtimestamp(1_700_000_000, UTC)), (0, NOW), (2**32, NOW)):
        os.utime(tmp_path / "prices.csv", (mtime, mtime))
        told = _all(open_dropped(PRICES, tmp_path))
        assert [seen.at for seen in told.observed.values()] == [at]


def test_what_a_listing_is_called_last_is_its_name(tmp_path: Path) -> None:
    told = _all(_tell(tmp_path, HEADER + "a,Old,1,2013-04-28\na,New,1,2013-04-29\na,,1,2013-04-30\n"))
    assert [one.name for one in told.listings.values()] == ["New"]


def test_columns_that_nobody_reads_are_drift(tmp_path: Path) -> None:
    opened = _tell(tmp_path, "note,id,name,value,timestamp\nhi,a,A,1,2013-04-28\n")
    with opened.file:
        (some,) = opened.slices(opened.begin(None))
    assert Reader(PRICES, opened.dialect, NOW, NOW).drift(some.rows[0]) == {"note": '"hi"'}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "prices.csv is empty"),
        ("\ufeff\r\n", "prices.csv is empty"),
        ("id,name,price,timestamp\n", "lacks the column value; it has id, name, price, timestamp"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "no CSV in UTF-8"),
    ],
)
def test_a_file_that_is_not_what_it_says_says_so_in_one_sentence(
    tmp_path: Path, body: str | bytes, told: str
) -> None:
    with pytest.raises(UnusableFile, match=told):
        _read(_tell(tmp_path, body))


def test_a_file_that_is_not_there_is_nothing_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceSkipped, match=r"there is no .*prices\.csv yet"):
        open_dropped(PRICES, tmp_path)


ROWS = st.lists(
    st.builds(
        lambda coin, day, price, name: (
            f"{coin},{name},{price},{datetime(2020, 1, 1, tzinfo=UTC) + timedelta(day)}"
        ),
        st.sampled_from("abc"),
        st.integers(0, 4000),
        st.sampled_from(["1", "2.5", "0", "x"]),
        st.sampled_from(["A", '"B\nb"', '"C']),
    ),
    max_size=25,
    unique_by=lambda row: (row[0], row.rpartition(",")[2]),
)
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(ROWS, st.integers(60, 400))
@in_one_folder
def test_slices_of_any_size_tell_the_same(tmp_path: Path, rows: list[str], block: int) -> None:
    text = HEADER + "\n".join(rows)
    whole = _read(_tell(tmp_path, text))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_stream, "BLOCK", block)
        parts = _read(open_dropped(PRICES, tmp_path))
    assert [point for told, _ in parts for point in _points(told)] == [
        point for told, _ in whole for point in _points(told)
    ]
    assert [one for told, _ in parts for one in told.rejects] == [
        one for told, _ in whole for one in told.rejects
    ]
    assert [mark for _, mark in parts][-1:] == [mark for _, mark in whole][-1:]


@given(ROWS, st.randoms(use_true_random=False))
@in_one_folder
def test_the_order_of_rows_changes_no_point(tmp_path: Path, rows: list[str], mixed: object) -> None:
    lines = [row for row in rows if '"' not in row]
    found = _seen(_read(_tell(tmp_path, HEADER + "\n".join(lines))))
    mixed.shuffle(lines)  # type: ignore[attr-defined]
    assert _seen(_read(_tell(tmp_path, HEADER + "\n".join(lines)))) == found


def _seen(slices: list[tuple[Told, Mark]]) -> set[tuple[object, ...]]:
    return {point for told, _ in slices for point in _points(told)}


@pytest.mark.parametrize("last", ["a,A,2,2013-04-29\n", "a,A,2,2013-04-29"])
def test_a_file_that_was_appended_to_is_read_on(tmp_path: Path, last: str) -> None:
    ((_, mark),) = _read(_tell(tmp_path, HEADER + "a,A,1,2013-04-28\n" + last))
    kept = mark_of(mark.page("prices.csv"), mark.fingerprint)
    assert kept == mark
    assert _read(open_dropped(PRICES, tmp_path), kept) == [], "nothing new"
    added = HEADER + "a,A,1,2013-04-28\na,A,2,2013-04-29\na,A,3,2013-04-30\nbad\n"
    ((told, _),) = _read(_tell(tmp_path, added), kept)
    assert _points(told) == [("a", "2013-04-30", 3, None, None)]
    assert _rejects(told) == [("line 5", "malformed_row")]


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "a,A,7,2013-04-28\na,A,2,2013-04-29",
        HEADER + "a,A,1,2013-04-28\na,A,2,2013-04-29T12:00\n",
        HEADER + "a,A,1,2013-04-28\n",
        HEADER + "a,A,1,2013-04-29\na,A,2,2013-04-28",
    ],
)
def test_a_file_that_does_not_begin_as_it_was_is_read_anew(tmp_path: Path, text: str) -> None:
    ((_, mark),) = _read(_tell(tmp_path, HEADER + "a,A,1,2013-04-28\na,A,2,2013-04-29"))
    ((told, _),) = _read(_tell(tmp_path, text), mark)
    assert told.received == text.count("2013")


def test_another_mapping_reads_the_same_file_anew(tmp_path: Path) -> None:
    ((_, mark),) = _read(_tell(tmp_path, HEADER + "a,A,1,2013-04-28\n"))
    stated = FileSource("prices", "Prices", "prices.csv", NAMES, dates="%d/%m/%Y")
    assert len(_read(open_dropped(stated, tmp_path), mark)) == 1


def test_a_checkpoint_of_another_kind_is_no_mark() -> None:
    assert mark_of("csv1.csv", b"") is None
    assert mark_of("/coins/markets?page=2", b"") is None


@pytest.mark.parametrize("what", ["replaced", "cut", "appended to", "gone"])
def test_a_file_that_changes_while_it_is_read_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(csv_stream, "BLOCK", 100)
    path = tmp_path / "prices.csv"
    opened = _tell(tmp_path, HEADER + "".join(f"a,A,1,{2013 + year}-04-28\n" for year in range(10)))
    with opened.file:
        slices = opened.slices(opened.begin(None))
        next(slices)
        if what == "replaced":
            (tmp_path / "new.csv").write_text(HEADER)
            (tmp_path / "new.csv").replace(path)
        elif what == "cut":
            os.truncate(path, 50)
        elif what == "appended to":
            with path.open("a") as file:
                file.write("a,A,1,2024-04-28\n")
        else:
            path.unlink()
        with pytest.raises(RetryNow, match="changed while it was read; what was loaded before stays"):
            next(slices)


def test_what_is_in_memory_is_one_slice_however_large_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_stream, "BLOCK", 20_000)

    def peak(rows: int) -> int:
        text = "".join(f"{n},Coin {n},1.25,2013-04-28T00:00:00Z\n" for n in range(rows))
        with (opened := _tell(tmp_path, HEADER + text)).file:
            mark = opened.begin(None)
            reader = Reader(PRICES, opened.dialect, NOW, NOW)
            tracemalloc.start()
            read = sum(reader.read(some.rows).received for some in opened.slices(mark))
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert read == rows
        return most

    assert peak(8_000) < 1.5 * peak(2_000)


def test_an_observation_knows_its_numbers() -> None:
    seen = Observation(csv_stream.Row(1, []), "a", NOW, Decimal(1), None, Decimal(2))
    assert seen.numbers == (1, None, 2)
