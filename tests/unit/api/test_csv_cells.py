"""Lines of CSV: read back as they were, and nothing in them that a spreadsheet would calculate."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.rest.csv_cells import AS_TEXT, COLUMNS, FORMULA, cell, header, lines
from graphql_api.rest.shapes import Observation

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
beginnings = st.sampled_from([*FORMULA, AS_TEXT])
hostile = st.builds("{}{}{}".format, st.sampled_from(["", " ", "\t", "\n"]), beginnings, texts)


def _read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def _row(name: str | None, price: Decimal | None) -> Observation:
    return cast("Observation", dict.fromkeys(COLUMNS) | {"name": name, "price_usd": price})


@given(st.lists(st.tuples(texts | hostile, st.decimals(allow_nan=False, allow_infinity=False, places=18))))
def test_rows_are_read_back_as_they_were(said: list[tuple[str, Decimal]]) -> None:
    read = _read(header() + lines(_row(name, price) for name, price in said))
    assert tuple(read[0]) == COLUMNS
    cells = [dict(zip(COLUMNS, row, strict=True)) for row in read[1:]]
    assert [(one["name"].removeprefix("'"), Decimal(one["price_usd"])) for one in cells] == [
        (name.removeprefix("'") if cell(name) == name else name, price) for name, price in said
    ]


@given(hostile)
def test_no_text_is_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"
    assert cell(text)[1:] == text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (Decimal("-1.50"), "-1.50"),
        (Decimal("1E-12"), "0.000000000001"),
        (Decimal(10**30 + 1), "1000000000000000000000000000001"),
        (7, "7"),
        ("plain", "plain"),
        ("a-b", "a-b"),
        ("", ""),
    ],
)
def test_what_a_cell_holds(value: object, written: str) -> None:
    assert cell(value) == written


def test_the_header_is_what_readers_were_promised() -> None:
    assert header() == (
        "asset_uid,source,external_id,coingecko_id,coinpaprika_id,name,symbol,value,currency,rate,rate_as_of,"
        "price_usd,market_cap_usd,volume_24h_usd,percent_change_24h,rank,timestamp,source_updated_at,ingested_at\r\n"
    )
