"""A second run at the same time, under Prefect: its state there says that it was skipped, and why."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx

from flows.stack.environment import prefect_environment
from flows.stack.settings import StackSettings
from flows.workshop import Workshop
from models.store.runs import sole_run
from tests.integration.api.prefect_server import prefect_server
from tests.integration.flows.tables import rows

ROOT = Path(__file__).parents[3]
FLOWS = """
import asyncio
from flows.etl import etl
from flows.ingest import ingest
from flows.refresh_csv import refresh_csv

async def all_of_them():
    await etl(return_state=True)
    await ingest("coinpaprika", return_state=True)
    await refresh_csv(return_state=True)

asyncio.run(all_of_them())
"""
REASONS = {
    "etl": "another etl run is under way",
    "ingest": "coinpaprika: another run of this source is under way",
    "refresh-csv": "another refresh is under way",
}


def _run(shop: Workshop, prefect_url: str, home: Path) -> subprocess.CompletedProcess[str]:
    stack = StackSettings(prefect_api_url=prefect_url, kasparro_home=home)
    told = {
        "DATABASE_URL": str(shop.settings.database_url),
        "DATA_DIR": str(shop.settings.data_dir),
        "PYTHONPATH": str(ROOT),
        "PREFECT_API_URL": prefect_url,
    }
    environment = os.environ | prefect_environment(stack) | told
    command = [sys.executable, "-c", FLOWS]
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True)


def _runs(prefect_url: str) -> list[dict[str, Any]]:
    found = httpx.post(f"{prefect_url}/flow_runs/filter", json={}).raise_for_status().json()
    return list(found)


async def test_the_state_in_prefect_and_the_run_kept_here_both_say_why(
    shop: Workshop, tmp_path: Path
) -> None:
    home = tmp_path / "prefect"
    home.mkdir()
    with prefect_server(home) as prefect_url:
        async with AsyncExitStack() as others:
            for job in ("etl", "source:coinpaprika", "refresh-csv"):
                assert await others.enter_async_context(sole_run(shop.sessions, job))
            ended = await asyncio.to_thread(_run, shop, prefect_url, home)
        assert ended.returncode == 0, ended.stderr[-3_000:]
        found = await asyncio.to_thread(_runs, prefect_url)
    states = {run["name"].partition("-20")[0]: run["state"] for run in found}
    assert {flow: state["message"] for flow, state in states.items()} == REASONS
    assert {(state["type"], state["name"]) for state in states.values()} == {("COMPLETED", "Skipped")}
    kept = await rows(shop.sessions, "SELECT prefect_run_id, flow, outcome, error FROM etl_runs")
    assert {(flow, outcome, error) for _, flow, outcome, error in kept} == {
        (flow, "skipped", reason) for flow, reason in REASONS.items()
    }
    assert {run_id for run_id, *_ in kept} == {run["id"] for run in found}
