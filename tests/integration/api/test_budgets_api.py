"""What a source may still be asked, and why it is left alone, in GraphQL and REST."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.budgets import period_end
from models.db import Sessions
from tests.factories import NOW, make_budget, make_source
from tests.integration.api.client import Api

ASKED = """{ sources { name budget { requestsPerMinute allowedPerMinute limit spent spentCurrent spentHistory left
    periodEndsAt pausedUntil nextAt reason } } }"""
ENDS = period_end(NOW).isoformat().replace("+00:00", "Z")
SOON, GONE = NOW + timedelta(hours=1), NOW - timedelta(hours=1)


async def test_a_budget_is_told_in_graphql_and_rest_and_none_is_null(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make_source(session, "file")
        await make_budget(
            session, "coincap", requests_per_minute=600.0, allowed_per_minute=300.0, a_month=4_000,
            spent_current=3_900, spent_history=20, next_at=SOON, next_because="slowed: next at noon",
        )  # fmt: skip
    budget = {
        "requestsPerMinute": 600.0, "allowedPerMinute": 300.0, "limit": 4_000, "spent": 3_920, "spentCurrent": 3_900,
        "spentHistory": 20, "left": 80, "periodEndsAt": ENDS, "pausedUntil": None,
        "nextAt": SOON.isoformat().replace("+00:00", "Z"), "reason": "slowed: next at noon",
    }  # fmt: skip
    assert (await api.query(ASKED))["sources"] == [
        {"name": "coincap", "budget": budget},
        {"name": "file", "budget": None},
    ]
    told, none = (await api.get("/stats"))["stats"]
    assert list(told["budget"].values()) == list(budget.values())
    assert none["budget"] is None
    assert (await api.get("/stats/sources"))["sources"][0]["budget"] == told["budget"]


async def test_where_a_month_has_no_end_nothing_is_said_to_be_left(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make_budget(session, "coincap", spent_current=92)
    (source,) = (await api.query("{ sources { budget { limit left spent } } }"))["sources"]
    assert source["budget"] == {"limit": None, "left": None, "spent": 92}


@pytest.mark.parametrize(
    ("said", "paused_until", "next_at", "reason"),
    [
        ({"paused_until": GONE, "paused_because": "429", "next_at": GONE, "next_because": "slow"}, None, None, None),
        ({"paused_until": SOON, "paused_because": "429", "next_at": SOON, "next_because": "slow"}, SOON, SOON, "429"),
        ({"exhausted_because": "402", "paused_until": SOON}, period_end(NOW), None, "402"),
        ({"exhausted_because": "402", "period_ends_at": GONE}, None, None, None),
    ],
    ids=["over", "paused and slowed", "exhausted", "exhausted last month"],
)  # fmt: skip
async def test_what_is_over_is_no_reason_any_more(
    api: Api, sessions: Sessions, said: dict[str, object], paused_until: object, next_at: object, reason: str
) -> None:
    async with sessions.begin() as session:
        await make_budget(session, "coincap", **said)
    (source,) = (await api.get("/stats"))["stats"]
    told = [each and each.isoformat().replace("+00:00", "Z") for each in (paused_until, next_at)]  # type: ignore[attr-defined]
    assert [source["budget"][name] for name in ("paused_until", "next_at", "reason")] == [*told, reason]
