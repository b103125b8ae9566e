"""CSV in blocks: rows do not depend on how lines are cut, and a broken row costs itself only."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import csv_stream
from flows.csv_stream import Dialect, Row, dialect_of, read_lines, rows_in
from flows.errors import UnusableFile

COMMAS = Dialect(",", ("a", "b", "c"))
CELLS = st.text(st.sampled_from('ab,;"\n é1'), max_size=6)
BROKEN = st.lists(st.text(st.sampled_from('ab,,"'), max_size=8), max_size=12).map("\n".join)


def _rows(body: bytes, block: int, dialect: Dialect = COMMAS) -> list[Row]:
    """Read all rows as a file is read, in blocks of about so many bytes."""
    file, rows, line, offset = io.BytesIO(body), list[Row](), 0, 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(csv_stream, "BLOCK", block)
        while offset < len(body):
            file.seek(offset)
            lines = read_lines(file)
            found, taken = rows_in(lines, dialect, is_last=file.tell() >= len(body))
            assert taken > 0, "it goes on"
            rows += [row._replace(line=line + row.line) for row in found]
            line, offset = line + taken, offset + sum(map(len, lines[:taken]))
    return rows


def _written(rows: list[list[str]], separator: str, end: str) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    return out.getvalue().encode()


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8),
    st.sampled_from(csv_stream.SEPARATORS),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_was_written_reads_back_whatever_its_cells_hold(
    rows: list[list[str]], separator: str, end: str
) -> None:
    read = _rows(_written(rows, separator, end), 1 << 20, Dialect(separator, COMMAS.columns))
    assert [row.cells for row in read] == rows
    assert {row.fault for row in read} <= {None}


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=8), st.integers(40, 200))
def test_rows_do_not_depend_on_the_size_of_blocks(rows: list[list[str]], block: int) -> None:
    body = _written(rows, ",", "\n")
    assert _rows(body, block) == _rows(body, 1 << 20)


@given(BROKEN)
def test_a_broken_line_is_a_fault_and_every_other_one_is_read(text: str) -> None:
    good = ["1,2,3", "4,5,6"]
    read = _rows("\n".join([good[0], text, good[1]]).encode(), 1 << 20)
    assert read[0].cells == ["1", "2", "3"]
    assert all(len(row.cells) == 3 or row.fault for row in read)
    assert '"' in text or read[-1].cells == ["4", "5", "6"]


def test_a_quote_that_is_never_closed_costs_its_own_line() -> None:
    lines = ["1,2,3", '4,"5,6', *(f"{n},x,y" for n in range(300)), '7,8,"9"']
    read = _rows("\n".join(lines).encode(), 1 << 20)
    assert [(row.line, row.fault) for row in read if row.fault] == [(1, "its quotes are broken")]
    assert len(read) == len(lines)


def test_two_stray_quotes_do_not_swallow_the_lines_between() -> None:
    read = _rows(b'1,2,"3\n4,5,6\n7,8",9\na,b,c\n', 1 << 20)
    assert [(row.line, row.cells if row.fault is None else row.fault) for row in read] == [
        (0, "4 cells under 3 columns"),
        (1, ["4", "5", "6"]),
        (2, ["7", '8"', "9"]),
        (3, ["a", "b", "c"]),
    ]


def test_an_inch_is_no_quote() -> None:
    read = _rows(b'1,5" disk,3\n4,5,6\n7,8" disk,9\n', 1 << 20)
    assert [row.cells[1] for row in read] == ['5" disk', "5", '8" disk']


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    read = _rows(b'1,"two\r\nlines",3\r\n\r\n4,5\r\n6,7,8', 1 << 20)
    assert [(row.line, row.fault) for row in read] == [(0, None), (3, "2 cells under 3 columns"), (4, None)]
    assert read[0].cells[1] == "two\r\nlines"


def test_bytes_that_are_no_utf8_stay_in_their_row() -> None:
    first, second = _rows(b"1,b\xe9,3\n4,5,6\n", 1 << 20)
    assert (first.cells[1], second.cells) == ("b\udce9", ["4", "5", "6"])


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        (b"id,value", ","),
        (b"\xef\xbb\xbfid;value\r\n", ";"),
        (b"id\tvalue\textra\n", "\t"),
        (b'"id", value \n', ","),
    ],
)
def test_what_separates_the_columns_is_what_makes_them_be_there(header: bytes, separator: str) -> None:
    dialect = dialect_of(header, ["id", "value"])
    assert (dialect.separator, dialect.columns[:2]) == (separator, ("id", "value"))


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"id;price\n", "the file lacks the column value; it has id, price"),
        (b"value,id,value\n", "the file has two columns value"),
        (b"\xff\xfei\x00d\x00", "no CSV in UTF-8"),
        (b"i\x00d\x00\n", "no CSV in UTF-8"),
        (b"id,pr\xe9is\n", "no CSV in UTF-8"),
        (b"<html>\n", "lacks the column id, value; it has <html>"),
    ],
)
def test_a_first_line_that_is_no_such_header_says_why(header: bytes, told: str) -> None:
    with pytest.raises(UnusableFile, match=told):
        dialect_of(header, ["id", "value"])


def test_a_line_without_end_is_not_taken_into_memory() -> None:
    with pytest.raises(UnusableFile, match="a line of it has more than"):
        read_lines(io.BytesIO(b"x" * (2 * csv_stream.LONGEST_LINE + csv_stream.BLOCK)))
