"""CSV bodies: every line is a row or told apart by its number."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.csv_rows import read_rows
from flows.errors import Fatal

COLUMNS = ["id", "name", "note"]
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def _written(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return out.getvalue().encode()


@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=5))
def test_what_was_written_reads_back_with_empty_as_none(rows: list[list[str]]) -> None:
    read, malformed = read_rows(_written(rows), {"id"})
    assert read == [{c: cell or None for c, cell in zip(COLUMNS, row, strict=True)} for row in rows]
    assert malformed == ()


@given(st.lists(st.lists(cells, min_size=1, max_size=5), max_size=6))
def test_every_line_is_a_row_or_malformed(rows: list[list[str]]) -> None:
    read, malformed = read_rows(_written(rows), {"id"})
    assert len(read) == sum(len(row) == 3 for row in rows)
    assert len(malformed) == sum(len(row) != 3 for row in rows)


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert read_rows(b"\xef\xbb\xbfid,name\n1,Bitcoin\n", {"id"})[0] == [{"id": "1", "name": "Bitcoin"}]


def test_a_malformed_line_is_told_by_its_number_with_what_it_said() -> None:
    rows, malformed = read_rows(b'id,name\n1,"two\nlines"\n2\n3,a,b\n\n4,ok\n', {"id"})
    assert [row["id"] for row in rows] == ["1", "4"]
    assert malformed == (
        ("line 4", "malformed_row", "1 cells under 2 columns: 2"),
        ("line 5", "malformed_row", "3 cells under 2 columns: 3,a,b"),
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "lacks the column id"),
        (b"name,value\nBitcoin,1\n", r"lacks the column id; it has \['name', 'value'\]"),
        (b"\xff\xfei\x00d\x00", "no CSV in UTF-8"),
        (b'id,name\n1,"never closed\n', "no CSV in UTF-8"),
        (b'id,name\n1,"closed"badly\n', "no CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_such_csv_says_why(body: bytes, told: str) -> None:
    with pytest.raises(Fatal, match=told):
        read_rows(body, {"id"})
