"""The backfill as a Prefect flow: its progress and its report are there to be looked at."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select

from flows.stack.environment import prefect_environment
from flows.stack.settings import StackSettings
from flows.workshop import Workshop
from models.tables import Run
from tests.factories import make_asset, make_link, make_listing
from tests.integration.api.prefect_server import prefect_server
from tests.integration.flows.conftest import Sandbox

ROOT = Path(__file__).parents[3]
FLOW = "import asyncio; from flows.backfill import backfill; asyncio.run(backfill(since='2026-01-01'))"


def _run(
    shop: Workshop, sandbox: Sandbox, prefect_url: str, home: Path
) -> subprocess.CompletedProcess[bytes]:
    stack = StackSettings(prefect_api_url=prefect_url, kasparro_home=home)
    told = {
        "DATABASE_URL": str(shop.settings.database_url),
        "SANDBOX_URL": sandbox.url,
        "DATA_DIR": str(shop.settings.data_dir),
        "PYTHONPATH": str(ROOT),
        "PREFECT_API_URL": prefect_url,
    }
    environment = os.environ | prefect_environment(stack) | told
    return subprocess.run(
        [sys.executable, "-c", FLOW],
        cwd=shop.settings.data_dir,
        env=environment,
        check=False,
        capture_output=True,
    )


def _artifacts(prefect_url: str) -> dict[str, dict[str, Any]]:
    found = httpx.post(f"{prefect_url}/artifacts/latest/filter", json={}).raise_for_status().json()
    return {artifact["key"]: artifact for artifact in found}


async def test_progress_and_report_are_artifacts_of_a_run_that_ours_names(
    shop: Workshop, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.move(datetime.now(UTC).isoformat())
    async with shop.sessions.begin() as session:
        asset = await make_asset(session, "bitcoin", rank=1)
        await make_link(session, await make_listing(session, "coinpaprika", "btc-bitcoin"), asset)
    home = tmp_path / "prefect"
    home.mkdir()
    with prefect_server(home) as prefect_url:
        ended = await asyncio.to_thread(_run, shop, sandbox, prefect_url, home)
        assert ended.returncode == 0, ended.stderr.decode()[-3_000:]
        artifacts = await asyncio.to_thread(_artifacts, prefect_url)
    assert artifacts["backfill-progress"]["data"] == 100
    assert "| coinpaprika | success | 1 of 1 |" in artifacts["backfill-report"]["data"]
    async with shop.sessions() as session:
        runs = (await session.scalars(select(Run).where(Run.parent_id.is_(None)))).all()
    assert [run.prefect_run_id for run in runs] == [artifacts["backfill-report"]["flow_run_id"]]
