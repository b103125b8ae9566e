"""Points of several assets, candles and sparklines, each query by its JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.db import Sessions
from models.queries.candles import ORIGIN, CandleInterval, stretches
from tests.factories import NOW, make_asset, make_listing, make_points, make_quoted
from tests.integration.api.client import Api

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""
PRICES = """query ($uids: [String!]!, $first: Int, $after: String, $from: DateTime, $to: DateTime, $source: String) {
    prices(uids: $uids, first: $first, after: $after, from: $from, to: $to, source: $source) {
        totalCount nodes { uid source observedAt priceUsd } pageInfo { hasNextPage endCursor } } }"""
CANDLES = """query ($interval: CandleInterval!, $first: Int!, $from: DateTime, $to: DateTime, $source: String) {
    asset(uid: "bitcoin") { candles(interval: $interval, first: $first, from: $from, to: $to, source: $source) {
        openedAt openUsd highUsd lowUsd closeUsd volumeUsd24h points } } }"""


def _at(hours: float) -> datetime:
    return MIDNIGHT + timedelta(hours=hours)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


@pytest.fixture
async def history(sessions: Sessions) -> None:
    """Two coins; the first as two sources have it, and under the uid it had before."""
    async with sessions.begin() as session:
        bitcoin = await make_asset(session, "bitcoin")
        await make_asset(session, "xbt", successor_id=bitcoin.id, retired_at=NOW)
        gecko = await make_quoted(session, bitcoin, "coingecko", "bitcoin")
        paprika = await make_quoted(session, bitcoin, "coinpaprika", "btc-bitcoin")
        ether = await make_quoted(session, await make_asset(session, "ether"), "coingecko", "ethereum")
        stranger = await make_listing(session, "coincap", "nobody")
        hours = {0.25: "100.000000000000000001", 0.5: "130", 0.75: "90", 2.5: "95", 25: "70"}
        await make_points(session, gecko, [(_at(hour), price) for hour, price in hours.items()])
        await make_points(session, paprika, [(_at(0.25), "101"), (_at(0.9), "99"), (_at(2.5), "96")])
        await make_points(session, ether, [(_at(hour), str(hour)) for hour in range(1, 5)])
        await make_points(session, stranger, [(_at(1), "666")])


async def _points(api: Api, **wanted: object) -> list[tuple[str, str, str]]:
    page = (await api.query(PRICES, **wanted))["prices"]
    return [(node["uid"], node["source"], node["priceUsd"]) for node in page["nodes"]]


@pytest.mark.usefixtures("history")
async def test_points_of_several_assets_are_one_list_newest_first(api: Api) -> None:
    page = (await api.query(PRICES, uids=["bitcoin", "ether", "nothing"], first=5))["prices"]
    assert page["totalCount"] == 12
    assert [(node["uid"], node["source"], node["priceUsd"]) for node in page["nodes"]] == [
        ("bitcoin", "coingecko", "70"),
        ("ether", "coingecko", "4"),
        ("ether", "coingecko", "3"),
        ("bitcoin", "coingecko", "95"),
        ("bitcoin", "coinpaprika", "96"),
    ]
    assert page["nodes"][0]["observedAt"] == "2026-03-03T01:00:00Z"


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("size", [1, 2, 3, 5, 11, 12, 13])
async def test_pages_of_points_are_the_whole_list(api: Api, size: int) -> None:
    whole = await _points(api, uids=["bitcoin", "ether"], first=250)
    assert len(whole) == len(set(whole)) == 12
    walked: list[tuple[str, str, str]] = []
    cursor = None
    while True:
        page = (await api.query(PRICES, uids=["bitcoin", "ether"], first=size, after=cursor))["prices"]
        walked += [(node["uid"], node["source"], node["priceUsd"]) for node in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert walked == whole


@pytest.mark.usefixtures("history")
async def test_points_between_moments_of_one_source_of_a_uid_given_up(api: Api) -> None:
    wanted = {"from": _iso(_at(0.25)), "to": _iso(_at(2.5)), "source": "coinpaprika_api"}
    expected = [("bitcoin", "coinpaprika", "99"), ("bitcoin", "coinpaprika", "101")]
    assert await _points(api, uids=["xbt"], **wanted) == expected
    assert await _points(api, uids=["xbt", "bitcoin"], **wanted) == expected
    assert await _points(api, uids=[]) == []


@pytest.mark.usefixtures("history")
async def test_a_candle_opens_and_closes_in_the_order_of_time(api: Api) -> None:
    wanted: dict[str, Any] = {"interval": "H1", "first": 3, "to": _iso(_at(3)), "source": "coingecko"}
    candles = (await api.query(CANDLES, **wanted))["asset"]["candles"]
    assert candles == [
        {
            "openedAt": _iso(_at(2)),
            "openUsd": "95",
            "highUsd": "95",
            "lowUsd": "95",
            "closeUsd": "95",
            "volumeUsd24h": None,
            "points": 1,
        },
        {
            "openedAt": _iso(_at(0)),
            "openUsd": "100.000000000000000001",
            "highUsd": "130",
            "lowUsd": "90",
            "closeUsd": "90",
            "volumeUsd24h": None,
            "points": 3,
        },
    ]


CANDLE_STARTS: list[tuple[dict[str, Any], list[tuple[datetime, int]]]] = [
    ({"interval": "M5", "first": 500, "to": _at(1)}, [(_at(54 / 60 - 4 / 60), 1), (_at(0.75), 1), (_at(0.5), 1), (_at(0.25), 2)]),
    ({"interval": "H1", "first": 500, "to": _at(26)}, [(_at(25), 1), (_at(2), 2), (_at(0), 5)]),
    ({"interval": "H4", "first": 500, "to": _at(26)}, [(_at(24), 1), (_at(0), 7)]),
    ({"interval": "D1", "first": 500, "to": _at(26)}, [(_at(24), 1), (_at(0), 7)]),
    ({"interval": "W1", "first": 1, "to": _at(26)}, [(_at(0), 8)]),
    ({"interval": "D1", "first": 1, "to": _at(26)}, [(_at(24), 1)]),
    ({"interval": "D1", "first": 1, "to": _at(24)}, [(_at(0), 7)]),
    ({"interval": "D1", "first": 500, "from": _at(0.5), "to": _at(2.5)}, [(_at(0), 3)]),
    ({"interval": "W1", "first": 500, "to": datetime(9999, 12, 31, tzinfo=UTC)}, []),
    ({"interval": "W1", "first": 500, "to": datetime(1, 1, 2, tzinfo=UTC)}, []),
]  # fmt: skip


@pytest.mark.usefixtures("history")
async def test_candles_begin_where_people_expect(api: Api, subtests: pytest.Subtests) -> None:
    for wanted, expected in CANDLE_STARTS:
        with subtests.test(str(wanted)):
            sent = {
                name: _iso(value) if isinstance(value, datetime) else value for name, value in wanted.items()
            }
            candles = (await api.query(CANDLES, **sent))["asset"]["candles"]
            assert [(candle["openedAt"], candle["points"]) for candle in candles] == [
                (_iso(opened_at), points) for opened_at, points in expected
            ]


def test_stretches_hold_the_moment_before_their_end() -> None:
    for interval in CandleInterval:
        for end in (MIDNIGHT, _at(0.1), _at(31)):
            four = stretches(interval.value, 4, end)
            last = four.start + 3 * interval.value
            assert last < end <= last + interval.value
            assert (four.start - ORIGIN) % interval.value == timedelta(0)
            assert stretches(interval.value, 4, end, last).start == last


async def test_a_sparkline_has_the_median_of_each_stretch_and_null_for_the_rest(
    api: Api, sessions: Sessions
) -> None:
    lately = datetime.now(UTC) - timedelta(seconds=2)
    async with sessions.begin() as session:
        coin = await make_asset(session, "coin")
        for source, price in (("coingecko", "10"), ("coinpaprika", "11"), ("coincap", "999")):
            listing = await make_quoted(session, coin, source)
            await make_points(session, listing, [(lately, price)])
        await make_asset(session, "silent")
    data = await api.query("""{ assets(orderBy: NAME_ASC) { nodes { sparkline(points: 4, window: D30) } }
        asset(uid: "coin") { sparkline(points: 1, window: H24) } }""")
    loud, silent = (node["sparkline"] for node in data["assets"]["nodes"])
    assert loud in ([None, None, None, "11"], [None, None, "11", None])
    assert silent == [None] * 4
    assert len(data["asset"]["sparkline"]) == 1


REFUSED = [
    ('{ prices(uids: ["a"], first: 0) { totalCount } }', "`first` must be 1 to 250, got 0"),
    ('{ prices(uids: ["a"], after: "x") { totalCount } }', "not a cursor"),
    ('{ prices(uids: ["a\\u0000"]) { totalCount } }', "NUL"),
    ('{ prices(uids: ["a"], source: "\\u0000") { totalCount } }', "NUL"),
    ("{ prices { totalCount } }", "uids"),
    (
        '{ prices(uids: ["a"], from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z") { totalCount } }',
        "`from` must be before `to`, got 2026-02-01T00:00:00Z and 2026-01-01T00:00:00Z",
    ),
    ('{ prices(uids: ["a"], from: "2023-02-30") { totalCount } }', "is not a time"),
    (f'{{ prices(uids: [{", ".join([chr(34) + "a" + chr(34)] * 251)}]) {{ totalCount }} }}', "250 at most, got 251"),
]  # fmt: skip
REFUSED_OF_AN_ASSET = [
    ("candles(first: 4001) { points }", "`first` must be 1 to 4000, got 4001"),
    ("candles(first: 0) { points }", "1 to 4000"),
    ("candles(interval: Y1) { points }", "Y1"),
    ('candles(from: "2026-02-01", to: "2026-02-01") { points }', "`from` must be before `to`"),
    ('candles(source: "\\u0000") { points }', "NUL"),
    ('history(from: "2026-02-01", to: "2026-01-01") { source }', "`from` must be before `to`"),
    ("sparkline(points: 251)", "`points` must be 1 to 250, got 251"),
    ("sparkline(points: -1)", "got -1"),
    ("sparkline(points: 99999999999)", "32-bit"),
    ("sparkline(window: D3)", "D3"),
]


@pytest.mark.usefixtures("history")
async def test_what_cannot_be_asked_is_refused_with_what_can(api: Api, subtests: pytest.Subtests) -> None:
    nested = [(f'{{ asset(uid: "bitcoin") {{ {asked} }} }}', said) for asked, said in REFUSED_OF_AN_ASSET]
    for document, said in REFUSED + nested:
        with subtests.test(document[:80]):
            code, message = await api.refused(document)
            assert code == "BAD_USER_INPUT"
            assert said in message
