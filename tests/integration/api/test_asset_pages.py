"""Pages of assets: filters, orders, and the laws that cursors keep."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from models.db import Sessions
from models.outcomes import LinkState
from models.queries.assets import AssetOrder
from models.tables import Asset
from tests.factories import NOW, make_asset, make_link, make_listing, make_quoted
from tests.integration.api.client import Api

PAGE = """query ($first: Int, $after: String, $last: Int, $before: String, $order: AssetOrder!) {
    assets(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
        totalCount edges { cursor node { uid } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

values = st.one_of(st.none(), st.sampled_from([Decimal(1), Decimal("1.5"), Decimal("1e-12"), Decimal(-3)]))
coins = st.lists(st.tuples(values, st.sampled_from(["ada", "Ada", "bit", "zed"])), max_size=9)


async def _walk(api: Api, order: AssetOrder, size: int, *, backward: bool = False) -> list[str]:
    uids: list[str] = []
    cursor = None
    while True:
        wanted: dict[str, Any] = (
            {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        )
        page = (await api.query(PAGE, order=order.name, **wanted))["assets"]
        found = [edge["node"]["uid"] for edge in page["edges"]]
        info = page["pageInfo"]
        uids = [*found, *uids] if backward else [*uids, *found]
        assert len(found) == size or not info["hasPreviousPage" if backward else "hasNextPage"]
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            return uids
        cursor = info["startCursor" if backward else "endCursor"]


async def _fill(sessions: Sessions, chosen: list[tuple[Decimal | None, str]]) -> None:
    async with sessions.begin() as session:
        await session.execute(delete(Asset))
        for number, (value, name) in enumerate(chosen):
            await make_asset(
                session,
                f"coin-{number}",
                name=name,
                price_usd=value,
                market_cap_usd=value,
                percent_change_24h=value,
                rank=None if value is None else int(value),
                updated_at=_updated_at(value),
            )


def _key(value: Decimal | None, name: str, order: AssetOrder) -> object:
    if order.name.startswith("NAME"):
        return name
    if order.name.startswith("UPDATED"):
        return _updated_at(value)
    if value is None:
        return None
    return int(value) if order.name.startswith("RANK") else value


def _updated_at(value: Decimal | None) -> datetime:
    return NOW - timedelta(seconds=int(value or 0))


def _expected(chosen: list[tuple[Decimal | None, str]], order: AssetOrder) -> list[str]:
    keyed: list[tuple[Any, str]] = [
        (_key(value, name, order), f"coin-{number}") for number, (value, name) in enumerate(chosen)
    ]
    known = sorted((row for row in keyed if row[0] is not None), key=lambda row: row[1])
    known.sort(key=lambda row: row[0], reverse=order.value.descending)
    return [uid for _, uid in known] + sorted(uid for key, uid in keyed if key is None)


@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(chosen=coins, order=st.sampled_from(AssetOrder), size=st.integers(1, 5))
async def test_pages_forward_are_the_list_and_pages_backward_are_too(
    api: Api, sessions: Sessions, chosen: list[tuple[Decimal | None, str]], order: AssetOrder, size: int
) -> None:
    await _fill(sessions, chosen)
    expected = _expected(chosen, order)
    assert await _walk(api, order, size) == expected
    assert await _walk(api, order, size, backward=True) == expected


async def test_a_cursor_stays_good_when_rows_come_before_it(api: Api, sessions: Sessions) -> None:
    await _fill(sessions, [(Decimal(value), "coin") for value in (10, 20, 30, 40)])
    first = (await api.query(PAGE, order="PRICE_DESC", first=2))["assets"]
    assert [edge["node"]["uid"] for edge in first["edges"]] == ["coin-3", "coin-2"]
    async with sessions.begin() as session:
        await make_asset(session, "newcomer", price_usd=Decimal(99))
    after = (await api.query(PAGE, order="PRICE_DESC", first=9, after=first["pageInfo"]["endCursor"]))[
        "assets"
    ]
    assert [edge["node"]["uid"] for edge in after["edges"]] == ["coin-1", "coin-0"]
    assert after["totalCount"] == 5
    assert after["pageInfo"]["hasPreviousPage"]
    assert not after["pageInfo"]["hasNextPage"]


async def test_a_cursor_stays_good_when_its_own_row_goes(api: Api, sessions: Sessions) -> None:
    await _fill(sessions, [(Decimal(value), "coin") for value in (10, 20, 30)])
    first = (await api.query(PAGE, order="PRICE_ASC", first=1))["assets"]
    async with sessions.begin() as session:
        await session.execute(delete(Asset).where(Asset.uid == "coin-0"))  # type: ignore[arg-type]
    after = await api.query(PAGE, order="PRICE_ASC", first=1, after=first["pageInfo"]["endCursor"])
    assert after["assets"]["edges"][0]["node"]["uid"] == "coin-1"


@pytest.fixture
async def market(sessions: Sessions) -> None:
    """Four coins that differ in everything one can filter by, and one that was given up."""
    async with sessions.begin() as session:
        old = NOW - timedelta(hours=3)
        big = await make_asset(
            session, "bitcoin", symbol="BTC", rank=1, market_cap_usd=Decimal(1000), price_usd=Decimal(9)
        )
        await make_quoted(session, big, "coingecko")
        cash = await make_asset(session, "bitcoin-cash", symbol="BCH", rank=20, market_cap_usd=Decimal(100))
        fake = await make_asset(session, "fake", symbol="btc", name="100% Bit_coin", rank=900)
        await make_quoted(session, fake, "coinpaprika")
        await make_asset(session, "old", rank=3, price_usd=Decimal(1), price_as_of=old)
        await make_asset(session, "gone", successor_id=big.id, retired_at=NOW)
        doubtful = await make_listing(session, "coincap", "bch")
        await make_link(session, doubtful, cash, state=LinkState.REVIEW, score=0.5)


FILTERS: list[tuple[dict[str, object], set[str]]] = [
    ({}, {"bitcoin", "bitcoin-cash", "fake", "old"}),
    ({"source": "coingecko"}, {"bitcoin"}),
    ({"source": "coinpaprika_api"}, {"fake"}),
    ({"symbol": "btc"}, {"bitcoin", "fake"}),
    ({"nameContains": "BIT"}, {"bitcoin", "bitcoin-cash", "fake"}),
    ({"nameContains": "0%"}, {"fake"}),
    ({"nameContains": "t_c"}, {"fake"}),
    ({"uids": ["old", "fake", "nothing"]}, {"old", "fake"}),
    ({"uids": []}, set()),
    ({"minRank": 3, "maxRank": 20}, {"old", "bitcoin-cash"}),
    ({"minMarketCap": "100"}, {"bitcoin", "bitcoin-cash"}),
    ({"stale": False}, {"bitcoin"}),
    ({"stale": True, "maxRank": 3}, {"old"}),
    ({"nameContains": "it"}, {"bitcoin", "bitcoin-cash", "fake"}),
    ({"state": "ACTIVE"}, {"bitcoin", "bitcoin-cash", "fake", "old"}),
    ({"state": "IN_REVIEW"}, {"bitcoin-cash"}),
    ({"state": "RETIRED"}, {"gone"}),
]


@pytest.mark.usefixtures("market")
async def test_filters(api: Api, subtests: pytest.Subtests) -> None:
    for wanted, uids in FILTERS:
        with subtests.test(str(wanted)):
            data = await api.query(
                "query ($filter: AssetFilter) { assets(filter: $filter) { totalCount nodes { uid } } }",
                filter=wanted,
            )
            assert {node["uid"] for node in data["assets"]["nodes"]} == uids
            assert data["assets"]["totalCount"] == len(uids)


async def test_a_retired_asset_names_what_it_became_in_the_end(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        last = await make_asset(session, "polygon")
        middle = await make_asset(session, "matic-2", successor_id=last.id, retired_at=NOW)
        await make_asset(session, "matic", successor_id=middle.id, retired_at=NOW)
        await make_asset(session, "dust", retired_at=NOW)
    data = await api.query("""{
        assets(filter: { state: RETIRED }, orderBy: NAME_ASC) { nodes { uid successor { uid successor { uid } } } } }""")
    became = {"uid": "polygon", "successor": None}
    assert data["assets"]["nodes"] == [
        {"uid": "dust", "successor": None},
        {"uid": "matic", "successor": became},
        {"uid": "matic-2", "successor": became},
    ]
