"""Reading a CSV body: UTF-8 with or without BOM, rows as dicts, malformed rows told by their line."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from flows.errors import Fatal
from models.records import Payload

if TYPE_CHECKING:
    from _csv import Reader as _Reader

Malformed = tuple[str, str, str]
"""A row that is no record: (line, reason, detail)."""


def read_rows(body: bytes, required: set[str]) -> tuple[list[Payload], tuple[Malformed, ...]]:
    """Read rows with empty cells as None. Raises `Fatal` where the body is no CSV or lacks a `required` column."""
    try:
        reader = csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True)
        columns = next(reader, [])
        if missing := required - set(columns):
            raise Fatal(
                f"the file lacks the column {', '.join(sorted(missing))}; it has {columns}"[:500], body=body
            )
        return _sorted_out(reader, columns)
    except (UnicodeDecodeError, csv.Error) as error:
        raise Fatal(f"the file is no CSV in UTF-8: {error}", body=body) from error


def _sorted_out(reader: _Reader, columns: list[str]) -> tuple[list[Payload], tuple[Malformed, ...]]:
    rows: list[Payload] = []
    malformed: list[Malformed] = []
    for cells in reader:
        if len(cells) == len(columns):
            rows.append({column: cell or None for column, cell in zip(columns, cells, strict=True)})
        elif cells:
            told = f"{len(cells)} cells under {len(columns)} columns: {','.join(cells)}"
            malformed.append((f"line {reader.line_num}", "malformed_row", told[:2_000]))
    return rows, tuple(malformed)
