"""Analytics as clients ask for them: from when to when, null where too little is known, and all in one statement."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from models.db import Sessions
from tests.factories import make_asset, make_points, make_quoted
from tests.integration.api.client import Api

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RETURN = "{ percent fromAt fromUsd toAt toUsd }"
EVERYTHING = f"""uid daily(first: 40) {{ openedAt closedAt closeUsd source sourceId listings lowestUsd highestUsd }}
    analytics {{
        h1: returnOver(window: H1) {RETURN} h24: returnOver(window: H24) {RETURN} d7: returnOver(window: D7) {RETURN}
        volatility {{ percent returns }} maxDrawdown(days: 90) {{ percent peakAt peakUsd troughAt troughUsd }}
        correlation(with: "other", days: 20) {{ coefficient returns }}
        simple: movingAverage(days: 5) {{ openedAt averageUsd }}
        exponential: movingAverage(kind: EXPONENTIAL, days: 5) {{ averageUsd }} }}"""


def _told(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@pytest.fixture
async def midnight(sessions: Sessions) -> datetime:
    """The last midnight, before which a coin was told once a day for 40 days, and lately each hour."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    if (left := this_hour + HOUR - datetime.now(UTC)) < timedelta(
        seconds=15
    ):  # no test goes on into the next hour
        await asyncio.sleep(left.total_seconds())
        this_hour += HOUR
    midnight = this_hour.replace(hour=0)
    async with sessions.begin() as session:
        for number, uid in enumerate(("coin", "other")):
            listing = await make_quoted(session, await make_asset(session, uid), "coingecko", f"{uid}-1")
            days = [
                (midnight - day * DAY + 5 * HOUR, f"{100 + day * day % (7 + number)}")
                for day in range(3 + number, 41)
            ]
            hours = [(this_hour - back * HOUR + HOUR / 2, f"{200 + back}") for back in range(1, 49)]
            await make_points(session, listing, days + hours)
        await make_quoted(session, await make_asset(session, "silent"))
    return midnight


async def _of(api: Api, asked: str, uid: str = "coin") -> dict[str, Any]:
    data = await api.query(f'{{ asset(uid: "{uid}") {{ {asked} }} }}')
    return dict(data["asset"])


async def test_a_return_says_from_which_price_to_which(api: Api, midnight: datetime) -> None:
    told = (await _of(api, EVERYTHING))["analytics"]
    assert (told["h1"]["fromUsd"], told["h1"]["toUsd"]) == ("202", "201")
    assert told["h1"]["percent"].startswith("-0.4950495049")
    assert (told["h24"]["fromUsd"], told["h24"]["toUsd"]) == ("225", "201")
    assert told["d7"]["fromAt"] == _told(midnight - 8 * DAY + 5 * HOUR)
    assert told["d7"]["fromUsd"] == "101"
    since = f'analytics {{ returnSince(moment: "{_told(midnight - 7 * DAY + 13 * HOUR)}") {RETURN} }}'
    assert (await _of(api, since))["analytics"]["returnSince"] == told["d7"]


async def test_the_series_says_what_it_used(api: Api, midnight: datetime) -> None:
    oldest = (await _of(api, f'daily(first: 4000, to: "{_told(midnight - 30 * DAY)}") {{ openedAt }}'))[
        "daily"
    ]
    assert [each["openedAt"] for each in oldest] == [_told(midnight - day * DAY) for day in range(31, 41)]
    (only,) = (
        await _of(api, EVERYTHING.replace("first: 40", f'first: 1, to: "{_told(midnight - 9 * DAY)}"'))
    )["daily"]
    assert only == {
        "openedAt": _told(midnight - 10 * DAY),
        "closedAt": _told(midnight - 10 * DAY + 5 * HOUR),
        "closeUsd": "102", "source": "coingecko", "sourceId": "coin-1", "listings": 1,
        "lowestUsd": "102", "highestUsd": "102",
    }  # fmt: skip


@pytest.mark.usefixtures("midnight")
async def test_too_little_is_null(api: Api) -> None:
    none = {"h1": None, "h24": None, "d7": None, "volatility": None, "maxDrawdown": None, "correlation": None}
    told = await _of(api, EVERYTHING, "silent")
    assert told == {"uid": "silent", "daily": [], "analytics": none | {"simple": [], "exponential": []}}
    assert (
        await _of(
            api, 'analytics { correlation(with: "nobody") { returns } volatility(days: 90) { returns } }'
        )
    )["analytics"] == {"correlation": None, "volatility": None}
    future = _told(datetime.now(UTC) + 9 * DAY)
    assert (await _of(api, f'analytics {{ returnSince(moment: "{future}") {{ percent }} }}'))[
        "analytics"
    ] == {"returnSince": None}


@pytest.mark.usefixtures("midnight")
async def test_a_list_is_one_statement_and_the_same_field_by_field(api: Api) -> None:
    nested = f"assets(first: 100) {{ nodes {{ {EVERYTHING} sparkline(points: 168, window: D7) }} }}"
    planned = await api.query(f"{{ {nested} }}")
    assert api.services.counters.planned == 1
    told = {node["uid"]: node["analytics"] for node in planned["assets"]["nodes"]}
    assert told["coin"]["volatility"]["returns"] == 30
    assert told["coin"]["correlation"]["returns"] == 18
    assert any(each["averageUsd"] is not None for each in told["coin"]["simple"])
    assert any(each["averageUsd"] is not None for each in told["coin"]["exponential"])
    executed = await api.query(f"{{ {nested} __schema {{ queryType {{ name }} }} }}")
    assert executed["assets"] == planned["assets"]


@pytest.mark.usefixtures("midnight")
async def test_a_sparkline_of_hours_ends_with_this_one(api: Api) -> None:
    line = (await _of(api, "sparkline(points: 24, window: H24)"))["sparkline"]
    assert line == [str(price) for price in range(223, 200, -1)] + [None]


REFUSED = [
    ("volatility(days: 6) { percent }", "`days` must be 7 to 4000, got 6"),
    ("maxDrawdown(days: 4001) { percent }", "`days` must be 7 to 4000, got 4001"),
    ('correlation(with: "other", days: 0) { returns }', "got 0"),
    ("correlation { returns }", "with"),
    ("movingAverage(days: 401) { averageUsd }", "`days` must be 1 to 400, got 401"),
    ("movingAverage(first: 4001) { averageUsd }", "`first` must be 1 to 4000, got 4001"),
    ("returnOver(window: H2) { percent }", "H2"),
    ('returnSince(moment: "never") { percent }', "is not a time"),
]


@pytest.mark.usefixtures("midnight")
async def test_what_cannot_be_asked_is_refused_with_what_can(api: Api, subtests: pytest.Subtests) -> None:
    for asked, said in REFUSED:
        with subtests.test(asked):
            code, message = await api.refused(f'{{ asset(uid: "coin") {{ analytics {{ {asked} }} }} }}')
            assert code == "BAD_USER_INPUT"
            assert said in message
