"""How a source does: one state, one reason and one next try, whatever its jobs and its budget say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models.budgets import period_end
from models.db import Sessions
from models.outcomes import RunOutcome
from tests.factories import NOW, make_budget, make_job, make_run, make_source, publish
from tests.integration.api.client import Api

HOUR = timedelta(hours=1)
SOON, LATER, GONE, ENDS = NOW + HOUR, NOW + 2 * HOUR, NOW - HOUR, period_end(NOW)
FAILED: dict[str, Any] = {
    "outcome": RunOutcome.FAILED, "failures": 3, "failing_since": GONE, "reason": "HTTP 500", "remedy": "wait",
}  # fmt: skip
BENCHED = FAILED | {"benched_until": SOON}
PARTIAL = {"outcome": RunOutcome.PARTIAL, "reason": "thin", "remedy": "look"}
SLOWED = {"next_at": LATER, "next_because": "slowed"}
PAUSED = {"paused_until": LATER, "paused_because": "HTTP 429"}
ASKED = "{ sources { state failures nextTryAt reason remedy } }"


@pytest.mark.parametrize(
    ("job", "budget", "told"),
    [
        (None, None, ("NEW", 0, None, None, None)),
        (None, SLOWED, ("SLOWED", 0, LATER, "slowed", None)),
        ({}, None, ("OK", 0, None, None, None)),
        ({}, {}, ("OK", 0, None, None, None)),
        ({}, PAUSED, ("OK", 0, None, None, None)),
        ({}, SLOWED | {"next_at": GONE}, ("OK", 0, None, None, None)),
        ({}, SLOWED, ("SLOWED", 0, LATER, "slowed", None)),
        (PARTIAL, None, ("PARTIAL", 0, None, "thin", "look")),
        (PARTIAL, SLOWED, ("PARTIAL", 0, LATER, "thin", "look")),
        (FAILED, None, ("FAILING", 3, None, "HTTP 500", "wait")),
        (FAILED, SLOWED, ("FAILING", 3, LATER, "HTTP 500", "wait")),
        (BENCHED | {"benched_until": GONE}, None, ("FAILING", 3, None, "HTTP 500", "wait")),
        (BENCHED, {}, ("BENCHED", 3, SOON, "HTTP 500", "wait")),
        (BENCHED, PAUSED, ("BENCHED", 3, LATER, "HTTP 429", None)),
        (BENCHED, PAUSED | {"paused_until": NOW + HOUR / 2}, ("BENCHED", 3, SOON, "HTTP 500", "wait")),
        ({}, {"exhausted_because": "HTTP 402"}, ("BENCHED", 0, ENDS, "HTTP 402", None)),
        ({}, {"exhausted_because": "HTTP 402", "period_ends_at": GONE}, ("OK", 0, None, None, None)),
    ],
)
async def test_the_worst_is_told(
    api: Api,
    sessions: Sessions,
    job: dict[str, Any] | None,
    budget: dict[str, Any] | None,
    told: tuple[object, ...],
) -> None:
    async with sessions.begin() as session:
        await make_source(session, "coingecko")
        if job is not None:
            await make_job(session, **job)
        if budget is not None:
            await make_budget(session, **budget)
    state, failures, next_try, reason, remedy = told
    (source,) = (await api.query(ASKED))["sources"]
    assert source == {
        "state": state, "failures": failures, "nextTryAt": next_try and _z(next_try), "reason": reason, "remedy": remedy,
    }  # fmt: skip
    (stats,) = (await api.get("/stats/sources"))["sources"]
    names = ("state", "failures", "next_try", "reason", "remedy")
    assert [str(stats[name]) for name in names] == [
        str(value).lower() if name == "state" else str(value)
        for name, value in zip(names, source.values(), strict=True)
    ]


async def test_of_two_jobs_the_worse_one_is_told(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make_job(session, "coincap", flow="ingest", **FAILED | {"reason": "a bad file"})
        await make_job(session, "coincap", flow="refresh-csv", **BENCHED)
        await make_job(session, "other", flow="ingest")
        await make_job(session, "other", flow="refresh-csv", **PARTIAL)
    told = (await api.query("{ sources { name state reason } }"))["sources"]
    assert told == [
        {"name": "coincap", "state": "BENCHED", "reason": "HTTP 500"},
        {"name": "other", "state": "PARTIAL", "reason": "thin"},
    ]


async def test_health_lists_who_is_in_trouble_and_forgets_who_is_not_asked_any_more(
    api: Api, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        await publish(session, version=1)
        await make_run(session)
        for name, job in {"a": BENCHED, "b": PARTIAL, "c": {}, "gone": FAILED}.items():
            began = NOW - timedelta(days=1) if name == "gone" else NOW
            await make_run(session, name, started_at=began)
            await make_job(session, name, **job)
    told = await api.get("/health")
    assert told["status"] == "degraded"
    assert [(each["source"], each["state"], each["next_try"]) for each in told["degraded"]] == [
        ("a", "benched", _z(SOON)),
        ("b", "partial", None),
    ]
    assert told["reason"] == (
        f"a: HTTP 500 (benched until {SOON:%Y-%m-%d %H:%M} UTC); b: thin (brought in, but not all of it)"
    )


async def test_a_run_that_was_skipped_is_not_the_last_one(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await publish(session, version=1)
        await make_run(session, outcome=RunOutcome.PARTIAL, error="an override names nobody")
        await make_run(session, outcome=RunOutcome.SKIPPED, started_at=NOW)
    told = await api.get("/health")
    assert (told["status"], told["reason"]) == ("degraded", "an override names nobody")


def _z(at: object) -> str:
    return str(at).replace(" ", "T").replace("+00:00", "Z")
