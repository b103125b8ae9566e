"""Reading CSV of any size: a block of lines at a time, and rows told apart so that a broken one costs itself only.

A line that quotes nothing is a row; one that opens a quote goes on for as long as it takes to close it, and is broken
alone where that makes no row. So no row depends on how the lines are cut into blocks.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from flows.errors import UnusableFile

BLOCK = 1_048_576
"""How many bytes are read at once: some 15,000 rows."""

LONGEST_LINE = 1_048_576
LONGEST_ROW = 100
"""How many lines a row may have."""

SEPARATORS = (",", ";", "\t")


class Row(NamedTuple):
    """A row: the number of its first line, from 0, and its cells. What is no row has a fault instead."""

    line: int
    cells: list[str]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written: what separates its cells, and its columns' names."""

    separator: str
    columns: tuple[str, ...]


def read_lines(file: BinaryIO) -> list[bytes]:
    """Read the next block of whole lines; empty at the end. Raises `UnusableFile` for a line without end."""
    block = file.read(BLOCK)
    if block and not block.endswith(b"\n"):
        rest = file.readline(LONGEST_LINE)
        if len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            raise UnusableFile(
                f"the file is no CSV: a line of it has more than {LONGEST_LINE:,} bytes", body=block
            )
        block += rest
    return block.splitlines(keepends=True)


def dialect_of(header: bytes, required: Collection[str]) -> Dialect:
    """Read a file's first line. Raises `UnusableFile` where it is no header with the `required` columns."""
    try:
        text = header.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableFile(f"the file is no CSV in UTF-8: {error}", body=header) from error
    if "\x00" in text:
        raise UnusableFile("the file is no CSV in UTF-8: its first line holds a NUL", body=header)
    found = [Dialect(separator, tuple(_header(text, separator))) for separator in SEPARATORS]
    dialect = max(found, key=lambda one: (len({*required} & {*one.columns}), len(one.columns)))
    if missing := [name for name in required if name not in dialect.columns]:
        told = f"the file lacks the column {', '.join(missing)}; it has {', '.join(dialect.columns)}"
        raise UnusableFile(told[:500], body=header)
    if twice := [name for name in required if dialect.columns.count(name) > 1]:
        raise UnusableFile(f"the file has two columns {twice[0]}: which one counts?", body=header)
    return dialect


def _header(text: str, separator: str) -> list[str]:
    return [name.strip() for name in _split(text, separator) or text.rstrip("\r\n").split(separator)]


def rows_in(lines: Sequence[bytes], dialect: Dialect, *, is_last: bool) -> tuple[list[Row], int]:
    """Tell the rows of these lines apart; returns them and how many lines they took.

    A row that is still open at the end is left for later, unless nothing comes after. Bytes that are no UTF-8 stay
    in their cells as half surrogate pairs.
    """
    rows: list[Row] = []
    texts = [line.decode("utf-8", "surrogateescape") for line in lines]
    at, width = 0, len(dialect.columns)
    while at < len(texts):
        line, end = texts[at], at + 1
        if '"' not in line:
            cells = line.rstrip("\r\n").split(dialect.separator)
            fault = None if len(cells) == width else f"{len(cells)} cells under {width} columns"
        elif (quoted := _quoted(texts, at, dialect, is_last=is_last)) is not None:
            cells, end, fault = quoted
        else:
            break
        if fault is None or not line.isspace():
            rows.append(Row(at, cells, fault))
        at = end
    return rows, at


def _quoted(
    texts: Sequence[str], at: int, dialect: Dialect, *, is_last: bool
) -> tuple[list[str], int, str | None] | None:
    """Read the row of a line that quotes: its cells, where it ends, and its fault. None: not all of it is here."""
    end, cells = at + 1, _split(texts[at], dialect.separator)
    if cells is None and (closing := _closing(texts, at)):
        end, cells = closing, _split("".join(texts[at:closing]), dialect.separator)
    elif cells is None and 0 < at > len(texts) - LONGEST_ROW and not is_last:
        return None
    if cells is not None and len(cells) == len(dialect.columns):
        return cells, end, None
    counted = f"{len(cells or ())} cells under {len(dialect.columns)} columns"
    return [texts[at].rstrip("\r\n")], at + 1, "its quotes are broken" if cells is None else counted


def _closing(texts: Sequence[str], at: int) -> int | None:
    """Find where the row that begins at a line ends: behind the line that closes its last quote."""
    quotes = 0
    for end in range(at, min(at + LONGEST_ROW, len(texts))):
        quotes += texts[end].count('"')
        if quotes % 2 == 0:
            return end + 1
    return None


def _split(text: str, separator: str) -> list[str] | None:
    try:
        return next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error:
        return None
