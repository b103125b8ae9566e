"""Runs by hand, through a real Prefect server; what a worker would do to a run is done here by its API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from graphql_api.app import create_app
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.outcomes import RunOutcome
from tests.factories import make_asset, make_quoted, make_rate, make_run, make_source, publish
from tests.integration.api.client import Api
from tests.integration.api.prefect_server import free_port

UNDER_WAY = "another etl run is under way"
TRIGGER = """mutation ($source: String, $wait: Boolean!) { triggerRun(source: $source, wait: $wait) {
    prefectRunId state reason isOver run { outcome fetched } } }"""


class _Patient(httpx.AsyncHTTPTransport):
    """Asks again where the server is busy: on SQLite it answers 503 while another writes."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(50):
            answer = await super().handle_async_request(request)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            await answer.aclose()
            await asyncio.sleep(0.1)
        return answer


@pytest.fixture
async def prefect(prefect_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Offer Prefect's API with the deployments of the flows and no run under way."""
    async with httpx.AsyncClient(base_url=prefect_url, timeout=30, transport=_Patient()) as client:
        for name in ("etl", "unify", "backfill"):
            flow = (await client.post("/flows/", json={"name": name})).json()
            (
                await client.post("/deployments/", json={"name": name, "flow_id": flow["id"]})
            ).raise_for_status()
        for run in (await client.post("/flow_runs/filter", json={})).json():
            await _set(client, run["id"], "COMPLETED")
        yield client


@pytest.fixture
async def api(sessions: Sessions, prefect_url: str) -> AsyncIterator[Api]:
    """Serve the application beside that Prefect server; a request waits 3 s for a run."""
    app = create_app(ApiSettings(prefect_api_url=prefect_url, run_wait_seconds=3), sessions)
    async with sessions.begin() as session:
        await make_source(session, "coingecko")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8000") as client,
    ):
        yield Api(client, app.state.services)


async def _set(prefect: httpx.AsyncClient, run_id: str, state: str, **said: str) -> None:
    body = {"state": {"type": state, **said}, "force": True}
    (await prefect.post(f"/flow_runs/{run_id}/set_state", json=body)).raise_for_status()


async def _scheduled(prefect: httpx.AsyncClient) -> dict[str, Any]:
    """Return the one scheduled run, as soon as there is one."""
    scheduled = {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    for _ in range(200):
        if runs := (await prefect.post("/flow_runs/filter", json=scheduled)).json():
            (run,) = runs
            return dict(run)
        await asyncio.sleep(0.05)
    pytest.fail("no run was scheduled")


async def _work(prefect: httpx.AsyncClient, sessions: Sessions, end: str = "COMPLETED") -> dict[str, Any]:
    """Do what a worker does: take the scheduled run, record it, end it."""
    run = await _scheduled(prefect)
    await _set(prefect, run["id"], "RUNNING")
    async with sessions.begin() as session:
        await make_run(session, prefect_run_id=run["id"], fetched=250)
    await _set(prefect, run["id"], end)
    return run


async def test_a_mutation_starts_a_run_of_all_sources(api: Api, prefect: httpx.AsyncClient) -> None:
    started = (await api.query(TRIGGER, source=None, wait=False))["triggerRun"]
    assert (started["state"], started["isOver"], started["run"]) == ("SCHEDULED", False, None)
    run = (await prefect.get(f"/flow_runs/{started['prefectRunId']}")).json()
    assert run["parameters"] == {}
    assert run["tags"] == ["by-hand"]


async def test_a_mutation_that_waits_answers_with_what_was_recorded(
    api: Api, prefect: httpx.AsyncClient, sessions: Sessions
) -> None:
    asked, run = await asyncio.gather(
        api.query(TRIGGER, source="coingecko_api", wait=True), _work(prefect, sessions)
    )
    assert run["parameters"] == {"sources": ["coingecko"]}
    assert asked["triggerRun"] == {
        "prefectRunId": run["id"],
        "state": "COMPLETED",
        "reason": None,
        "isOver": True,
        "run": {"outcome": "SUCCESS", "fetched": 250},
    }


async def test_a_mutation_starts_a_backfill(api: Api, prefect: httpx.AsyncClient, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make_rate(session, "eur", "55000")
    document = """mutation { triggerBackfill(uids: ["bitcoin"], source: "coingecko_api", since: "2026-01-31",
        currencies: [" EUR "]) { prefectRunId state } }"""
    started = (await api.query(document))["triggerBackfill"]
    run = (await prefect.get(f"/flow_runs/{started['prefectRunId']}")).json()
    assert run["parameters"] == {
        "uids": ["bitcoin"],
        "top_n": 100,
        "sources": ["coingecko"],
        "since": "2026-01-31",
        "currencies": ["eur"],
        "refresh": False,
    }
    await _set(prefect, run["id"], "RUNNING")
    assert (await api.refused(document))[0] == "CONFLICT"
    for wrong in ('source: "nobody"', "topN: 0", 'currencies: ["eru"]', 'since: "soon"'):
        code, _ = await api.refused(f"mutation {{ triggerBackfill({wrong}) {{ state }} }}")
        assert code in {"NOT_FOUND", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}


async def test_decisions_have_prices_drawn_anew_by_one_run_that_waits(
    api: Api, prefect: httpx.AsyncClient, sessions: Sessions
) -> None:
    async with sessions.begin() as session:
        for uid in ("old-coin", "older-coin", "coin"):
            await make_quoted(session, await make_asset(session, uid), "coingecko", uid)
        await publish(session)
    merge = (
        'mutation ($uid: String!) { mergeAssets(uid: $uid, intoUid: "coin") { run { name state } warning } }'
    )
    first = (await api.query(merge, uid="old-coin"))["mergeAssets"]
    second = (await api.query(merge, uid="older-coin"))["mergeAssets"]
    assert first["warning"] is None
    assert first["run"] == second["run"], "the run that waits will see both"
    run = await _scheduled(prefect)
    assert (run["name"], first["run"]["state"]) == (first["run"]["name"], "SCHEDULED")
    await _set(prefect, run["id"], "RUNNING")
    third = (await api.query('mutation { undoDecision(id: "2") { run { name } } }'))["undoDecision"]
    assert third["run"]["name"] != run["name"], "one that runs already may have read before"


async def test_rest_waits_and_tells_the_end(api: Api, prefect: httpx.AsyncClient, sessions: Sessions) -> None:
    answer, run = await asyncio.gather(
        api.client.post("/etl/run/coingecko"), _work(prefect, sessions, end="FAILED")
    )
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["source"], body["prefect_run_id"]) == ("failed", "coingecko", run["id"])
    assert body["run"]["records_processed"] == 250


async def _skip(prefect: httpx.AsyncClient, sessions: Sessions) -> None:
    """Do what a flow does that finds another one at work."""
    run = await _scheduled(prefect)
    async with sessions.begin() as session:
        await make_run(session, prefect_run_id=run["id"], outcome=RunOutcome.SKIPPED, error=UNDER_WAY)
    await _set(prefect, run["id"], "COMPLETED", name="Skipped", message=UNDER_WAY)


async def test_a_run_that_was_skipped_says_so_and_why(
    api: Api, prefect: httpx.AsyncClient, sessions: Sessions
) -> None:
    asked, _ = await asyncio.gather(api.query(TRIGGER, source=None, wait=True), _skip(prefect, sessions))
    told = asked["triggerRun"]
    assert (told["state"], told["reason"]) == ("COMPLETED", UNDER_WAY)
    assert told["run"]["outcome"] == "SKIPPED"
    answer, _ = await asyncio.gather(api.client.post("/etl/run-all"), _skip(prefect, sessions))
    body = answer.json()
    assert (body["status"], body["reason"]) == ("completed", UNDER_WAY)
    assert (body["run"]["status"], body["run"]["error"]) == ("skipped", UNDER_WAY)


async def test_a_run_that_prefect_cancelled_since_another_had_begun_says_why(
    api: Api, prefect: httpx.AsyncClient
) -> None:
    async def cancel() -> None:
        run = await _scheduled(prefect)
        await _set(prefect, run["id"], "CANCELLED", message="Deployment concurrency limit reached.")

    asked, _ = await asyncio.gather(api.query(TRIGGER, source=None, wait=True), cancel())
    told = asked["triggerRun"]
    assert (told["state"], told["reason"], told["isOver"]) == (
        "CANCELLED",
        "Deployment concurrency limit reached.",
        True,
    )


async def test_rest_answers_202_when_the_wait_is_over_and_409_while_it_runs(
    api: Api, prefect: httpx.AsyncClient
) -> None:
    waiting = asyncio.create_task(api.client.post("/etl/run-all"))
    run = await _scheduled(prefect)
    await _set(prefect, run["id"], "RUNNING")
    second = await api.client.post("/etl/run/coingecko")
    assert (second.status_code, second.json()["code"]) == (409, "CONFLICT")
    assert run["id"] in second.json()["detail"]
    first = await waiting
    assert (first.status_code, first.json()["status"]) == (202, "running")


@pytest.mark.usefixtures("prefect")
async def test_background_answers_at_once(api: Api) -> None:
    answer = await api.client.post("/etl/run-background/coingecko")
    assert (answer.status_code, answer.json()["status"]) == (202, "scheduled")


@pytest.mark.usefixtures("prefect")
async def test_an_unknown_source_is_named_with_those_there_are(api: Api) -> None:
    answer = await api.client.post("/etl/run/nobody")
    assert answer.status_code == 404
    assert "Known are: coingecko" in answer.json()["detail"]
    code, _ = await api.refused(TRIGGER, source="nobody", wait=False)
    assert code == "NOT_FOUND"


async def test_without_the_deployment_it_says_what_to_start(api: Api, prefect: httpx.AsyncClient) -> None:
    deployment = (await prefect.get("/deployments/name/etl/etl")).json()
    (await prefect.delete(f"/deployments/{deployment['id']}")).raise_for_status()
    answer = await api.client.post("/etl/run-all")
    assert answer.status_code == 503
    assert "no deployment etl/etl" in answer.json()["detail"]


async def test_without_a_prefect_server_it_says_what_to_start(sessions: Sessions) -> None:
    app = create_app(ApiSettings(prefect_api_url=f"http://127.0.0.1:{free_port()}/api"), sessions)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):
        answer = await client.post("/etl/run-all")
    assert answer.status_code == 503
    assert "python -m flows server" in answer.json()["detail"]


@pytest.mark.usefixtures("prefect")
async def test_strangers_start_nothing(sessions: Sessions, prefect_url: str) -> None:
    app = create_app(ApiSettings(prefect_api_url=prefect_url), sessions)
    transport = httpx.ASGITransport(app, client=("203.0.113.7", 5000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client,
    ):
        answer = await client.post("/etl/run-all")
        assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")
        asked = await client.post("/graphql", json={"query": "mutation { triggerRun { state } }"})
        assert asked.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        asked = await client.post("/graphql", json={"query": "mutation { triggerBackfill { state } }"})
        assert asked.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
