"""Observations as the lines of a CSV file that a spreadsheet opens without calculating anything.

The columns are those of `GET /data`, in its order. Null is an empty cell, a number has every digit, a time is ISO 8601
in UTC.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from decimal import Decimal

from graphql_api.rest.shapes import Observation
from graphql_api.scalars import print_decimal

COLUMNS = tuple(Observation.__annotations__)

FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001 - spreadsheets take the wide ones for the same
"""What a text that a spreadsheet would calculate begins with."""
AS_TEXT = "'"
"""Put before such a text, and before one that begins with itself: whoever takes one away has the text again."""


def header() -> str:
    """Write the names of the columns."""
    return _written([COLUMNS])


def lines(rows: Iterable[Observation]) -> str:
    """Write a line for each row."""
    return _written([cell(value) for value in row.values()] for row in rows)


def cell(value: object) -> str:
    """Write one value."""
    match value:
        case None:
            return ""
        case Decimal():
            return print_decimal(value)
        case str() if value.lstrip().startswith((*FORMULA, AS_TEXT)):
            return AS_TEXT + value
    return str(value)


def _written(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()
