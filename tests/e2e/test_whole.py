"""The whole system, every process real: from `flows up` to an answer, a run by hand, a crash, and the end."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import Any

import httpx
import psycopg

from tests.e2e.conftest import System, eventually


def test_three_providers_become_one_asset(system: System) -> None:
    answer = system.query(
        '{ upstream datasetVersion asset(uid: "bitcoin") { price { priceUsd stale } quotes { source } } }'
    )
    assert answer["upstream"] == "SANDBOX"
    assert answer["datasetVersion"] >= 1
    assert answer["asset"]["price"]["stale"] is False
    assert {quote["source"] for quote in answer["asset"]["quotes"]} == {"coingecko", "coinpaprika", "coincap"}


def test_rest_says_the_same(system: System) -> None:
    record = httpx.get(f"{system.api_url}/data/bitcoin").raise_for_status().json()
    price = system.query('{ asset(uid: "bitcoin") { price { priceUsd } } }')["asset"]["price"]["priceUsd"]
    assert f"{record['price_usd']}" == price or float(price) == record["price_usd"]
    health = httpx.get(f"{system.api_url}/health").raise_for_status().json()
    assert (health["status"], health["upstream"]) == ("healthy", "SANDBOX")


def test_the_schedules_really_plan_runs(system: System) -> None:
    def planned() -> set[str]:
        runs = system.prefect(
            "/flow_runs/filter", {"flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
        )
        return {run["deployment_id"] for run in runs if run["auto_scheduled"]}

    eventually(lambda: len(planned()) >= 2, 90)


def test_an_operator_starts_a_run_and_reads_its_log(system: System) -> None:
    done = system.run("prefect", "deployment", "run", "etl/etl", "--watch")
    assert done.returncode == 0, done.stdout + done.stderr
    runs = system.query(
        '{ runs(first: 5, filter: {flow: "etl"}) { edges { node { outcome prefectRunId } } } }'
    )
    newest = runs["runs"]["edges"][0]["node"]
    assert newest["outcome"] == "SUCCESS"

    def told() -> list[str]:
        wanted = {"logs": {"flow_run_id": {"any_": [newest["prefectRunId"]]}}}
        return [line["message"] for line in system.prefect("/logs/filter", wanted)]

    eventually(lambda: any("source ingested" in line and "coingecko" in line for line in told()))
    left = {one["key"]: one for one in _artifacts(system, newest["prefectRunId"])}
    assert left.keys() == {"etl-report", "etl-rejects", "etl-reviews"}
    assert "| coingecko |" in left["etl-report"]["data"]
    assert f"]({system.api_url}/)" in left["etl-report"]["data"]
    assert "symbol" in left["etl-reviews"]["data"]
    named = system.prefect("/flow_runs/filter", {"flow_runs": {"id": {"any_": [newest["prefectRunId"]]}}})[0]
    assert re.fullmatch(r"etl-\d{4}-\d\d-\d\dT\d\d:\d\d", named["name"])
    assert {"kasparro", "etl"} <= set(named["tags"])


def _artifacts(system: System, prefect_run_id: str) -> list[dict[str, Any]]:
    wanted = {"artifacts": {"flow_run_id": {"any_": [prefect_run_id]}}}
    found: list[dict[str, Any]] = system.prefect("/artifacts/filter", wanted)
    return found


def test_a_curator_settles_a_doubt_and_prices_follow(system: System) -> None:
    queue = system.query(
        "{ reviewQueue { nodes { servedAs { uid } asset { uid } link { source sourceId } } } }"
    )
    case = queue["reviewQueue"]["nodes"][0]
    listing = f'source: "{case["link"]["source"]}", sourceId: "{case["link"]["sourceId"]}"'
    uid, own = case["asset"]["uid"], case["servedAs"]["uid"]
    accept = f'acceptLink({listing}, uid: "{uid}", note: "by a test")'
    done = system.query(f"mutation {{ {accept} {{ decision {{ id }} run {{ prefectRunId }} warning }} }}")
    assert done["acceptLink"]["warning"] is None
    assert system.query(f'{{ asset(uid: "{own}") {{ uid }} }}')["asset"] == {"uid": uid}
    run = done["acceptLink"]["run"]["prefectRunId"]
    recorded = f'{{ runs(filter: {{prefectRunId: "{run}"}}) {{ nodes {{ flow outcome }} }} }}'
    ended = [{"flow": "unify", "outcome": "SUCCESS"}]
    eventually(lambda: system.query(recorded)["runs"]["nodes"] == ended, 120)
    inputs = system.query(f'{{ asset(uid: "{own}") {{ price {{ inputs {{ source sourceId }} }} }} }}')[
        "asset"
    ]
    assert case["link"] in inputs["price"]["inputs"]
    undo = f'undoDecision(id: "{done["acceptLink"]["decision"]["id"]}")'
    assert system.query(f"mutation {{ {undo} {{ asset {{ uid }} }} }}")
    assert system.query(f'{{ asset(uid: "{own}") {{ uid }} }}')["asset"] == {"uid": own}


def test_a_run_of_one_source_over_rest_waits_for_its_end(system: System) -> None:
    answer = httpx.post(f"{system.api_url}/etl/run/coinpaprika", timeout=150)
    assert answer.status_code == 200, answer.text
    assert httpx.post(f"{system.api_url}/etl/run/nonesuch", timeout=30).status_code == 404


def _flow_process(system: System) -> int | None:
    try:
        return system.pid_of("prefect.engine")
    except AssertionError:
        return None


def test_kill_9_of_a_run_is_mended_by_the_next(system: System) -> None:
    before = _links_and_assets(system)
    deployment = httpx.get(f"{system.prefect_url}/api/deployments/name/etl/etl").json()["id"]
    system.prefect(
        f"/deployments/{deployment}/create_flow_run",
        {"parameters": {"refresh": True}, "state": {"type": "SCHEDULED"}},
    )
    eventually(lambda: _running(system), 60)
    pid = _flow_process(system)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not _running(system), 90)  # Prefect starts `tell`, which closes it
    told = system.query("{ notifications(first: 1) { nodes { kind title body } } }")["notifications"]["nodes"]
    assert told[0]["kind"] == "RUN_FAILED"
    assert re.fullmatch(r"etl run \d+ failed", told[0]["title"])
    done = system.run("flows", "run", "etl")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not _running(system)
    assert before <= _links_and_assets(system)


def _running(system: System) -> list[Any]:
    with psycopg.connect(system.database_url) as connection:
        return connection.execute("SELECT id FROM etl_runs WHERE outcome = 'running'").fetchall()


def _links_and_assets(system: System) -> set[tuple[Any, ...]]:
    with psycopg.connect(system.database_url) as connection:
        return set(
            connection.execute(
                "SELECT source, source_id, uid FROM asset_links l JOIN listings s ON s.id = listing_id"
                " JOIN assets a ON a.id = asset_id WHERE state = 'accepted' AND l.retired_at IS NULL"
            )
        )


def test_a_second_start_goes_on_where_the_first_was(system: System) -> None:
    version = system.query("{ datasetVersion }")["datasetVersion"]
    began = time.monotonic()
    assert system.stop(signal.SIGTERM) == 0
    assert time.monotonic() - began < 60
    system.start()
    assert system.query("{ datasetVersion }")["datasetVersion"] >= version
    assert system.stop(signal.SIGINT) == 0
    assert _leftover(system) == []


def _leftover(system: System) -> list[int]:
    try:
        return [system.pid_of()]
    except AssertionError:
        return []
