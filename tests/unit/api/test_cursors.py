"""Cursors: what was written is read again, and nothing else is."""

from __future__ import annotations

from collections import namedtuple
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.cursors import decode_cursor, encode_cursor
from graphql_api.errors import BadUserInput
from models.queries.assets import AssetOrder
from models.queries.paging import Place
from models.queries.records import NEWEST_REJECT
from models.queries.runs import NEWEST_FIRST
from models.uids import FORM

numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
uids = st.from_regex(FORM, fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def _row(**columns: object) -> Any:  # noqa: ANN401 - like a database row
    return namedtuple("Row", columns)(**columns)  # noqa: PYI024 - its columns are known only here


@given(key=st.none() | numbers, uid=uids)
def test_an_assets_place_by_number(key: Decimal | None, uid: str) -> None:
    order = AssetOrder.MARKET_CAP_DESC.value
    cursor = encode_cursor(_row(market_cap_usd=key, uid=uid), order)
    assert decode_cursor(cursor, order) == Place(key, uid)


@given(name=texts, uid=uids)
def test_an_assets_place_by_name(name: str, uid: str) -> None:
    order = AssetOrder.NAME_ASC.value
    assert decode_cursor(encode_cursor(_row(name=name, uid=uid), order), order) == Place(name, uid)


@given(at=st.datetimes(timezones=st.just(UTC)), number=st.integers(1, 2**63 - 1))
def test_a_runs_place_by_time(at: datetime, number: int) -> None:
    cursor = encode_cursor(_row(started_at=at, id=number), NEWEST_FIRST)
    assert decode_cursor(cursor, NEWEST_FIRST) == Place(at, number)


@given(cursor=st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.hex()))
def test_anything_else_is_refused_with_a_sentence(cursor: str) -> None:
    with pytest.raises(BadUserInput, match=r"cursor"):
        decode_cursor(cursor, AssetOrder.RANK_ASC.value)


def test_a_cursor_of_one_list_is_none_of_another() -> None:
    cursor = encode_cursor(_row(id=5), NEWEST_REJECT)
    with pytest.raises(BadUserInput, match="another order"):
        decode_cursor(cursor, NEWEST_FIRST)


def test_a_place_without_a_key_needs_an_order_with_nulls() -> None:
    order = AssetOrder.NAME_ASC.value
    with pytest.raises(BadUserInput, match="altered"):
        decode_cursor(encode_cursor(_row(name=None, uid="x"), order), order)
