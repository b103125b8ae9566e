"""What there is of an asset's history, and what is missing."""

from __future__ import annotations

from datetime import UTC, datetime

from models.db import Sessions
from tests.factories import make_asset, make_points, make_quoted, make_run, make_window
from tests.integration.api.client import Api

COVERAGE = """query ($uid: String!) { coverage(uid: $uid) { source sourceId firstOn lastOn days missingDays newestAt
    askedFrom askedTo yearsAsked yearsEmpty reason gaps(first: 2) { firstOn lastOn days } } }"""


async def test_days_are_told_by_listing_with_their_gaps_newest_first(sessions: Sessions, api: Api) -> None:
    async with sessions.begin() as session:
        coin = await make_asset(session, "coin")
        paprika = await make_quoted(session, coin, "coinpaprika", "c-coin")
        await make_quoted(session, coin, "coingecko", "coin")
        run = await make_run(session)
        days = [datetime(2024, 2, 27, tzinfo=UTC), datetime(2024, 2, 28, 23, 59, tzinfo=UTC)]
        days += [
            datetime(2024, 3, 1, tzinfo=UTC),
            datetime(2024, 3, 3, tzinfo=UTC),
            datetime(2024, 4, 1, tzinfo=UTC),
        ]
        await make_points(session, paprika, [(at, "1") for at in days])
        await make_window(session, run, paprika, year=2023, reason="HTTP 404: id not found")
        await make_window(session, run, paprika, year=2024, points=5)
    nothing, told = (await api.query(COVERAGE, uid="coin"))["coverage"]
    assert (nothing["source"], nothing["days"], nothing["missingDays"], nothing["gaps"]) == (
        "coingecko",
        0,
        None,
        [],
    )
    assert (nothing["firstOn"], nothing["askedFrom"], nothing["yearsAsked"]) == (None, None, 0)
    assert told == {
        "source": "coinpaprika",
        "sourceId": "c-coin",
        "firstOn": "2024-02-27",
        "lastOn": "2024-04-01",
        "days": 5,
        "missingDays": 30,
        "newestAt": "2024-04-01T00:00:00Z",
        "askedFrom": "2023-01-01",
        "askedTo": "2024-12-31",
        "yearsAsked": 2,
        "yearsEmpty": 1,
        "reason": "HTTP 404: id not found",
        "gaps": [
            {"firstOn": "2024-03-04", "lastOn": "2024-03-31", "days": 28},
            {"firstOn": "2024-03-02", "lastOn": "2024-03-02", "days": 1},
        ],
    }


async def test_an_asset_that_there_is_not_has_none(api: Api) -> None:
    assert (await api.query(COVERAGE, uid="nobody"))["coverage"] == []
