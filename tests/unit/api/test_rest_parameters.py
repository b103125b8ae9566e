"""The paging dialects of REST, and the arithmetic behind them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from graphql_api.errors import BadUserInput
from graphql_api.rest.parameters import LIMIT_AT_MOST, Paging, days, paging
from graphql_api.source_names import ALIASES, current_name


@given(page=st.integers(1, 1000), size=st.integers(1, LIMIT_AT_MOST))
def test_all_dialects_name_the_same_rows(page: int, size: int) -> None:
    expected = Paging(size, (page - 1) * size)
    assert paging(QueryParams({"page": page, "page_size": size})) == expected
    assert paging(QueryParams({"page": page, "limit": size})) == expected
    assert paging(QueryParams({"offset": expected.offset, "limit": size})) == expected
    assert expected.page == page


@given(limit=st.integers(1, 50), total=st.integers(0, 500))
def test_the_pages_hold_the_total(limit: int, total: int) -> None:
    pages = Paging(limit, 0).describe(total)["total_pages"]
    assert (pages - 1) * limit < total <= pages * limit or total == pages == 0


@given(text=st.text(max_size=30), name=st.sampled_from(["limit", "offset", "page", "page_size"]))
def test_any_text_is_a_number_within_bounds_or_refused(text: str, name: str) -> None:
    try:
        found = paging(QueryParams({name: text}))
    except BadUserInput as error:
        assert f"`{name}` must be a whole number from" in str(error)  # noqa: PT017 - both ways are right
    else:
        assert 1 <= found.limit <= LIMIT_AT_MOST
        assert found.offset >= 0


def test_days_are_inclusive_and_utc() -> None:
    start, end = days(QueryParams({"start_date": "2024-02-28", "end_date": "2024-02-29"}))
    assert start == datetime(2024, 2, 28, tzinfo=UTC)
    assert end == datetime(2024, 3, 1, tzinfo=UTC)
    assert days(QueryParams({"start_date": ""})) == (None, None)


def test_older_clients_may_mix_the_dialects() -> None:
    assert paging(QueryParams({"page": 3, "page_size": 10, "limit": 99, "offset": 7})) == Paging(10, 20)
    assert days(QueryParams({"end_date": "9999-12-31"})) == (None, None)


@pytest.mark.parametrize("day", ["2023-02-30", "2023-13-01", "yesterday", "01/02/2023", "20230101"])
def test_days_that_do_not_exist(day: str) -> None:
    with pytest.raises(BadUserInput, match="must be a day like"):
        days(QueryParams({"start_date": day}))


def test_older_names_lead_to_names_that_are_no_older_ones() -> None:
    assert not set(ALIASES) & set(ALIASES.values())
    assert current_name("coingecko_api") == "coingecko"
    assert current_name("csv1") == "csv1"
    assert current_name(None) is None
