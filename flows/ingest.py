"""The `ingest` flow: bring in one source; `unify` publishes it."""

from __future__ import annotations

from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State

from flows.engine import Errand
from flows.report import sources_report
from flows.runbook import end_of, leave
from flows.tasks import prefect_steps, run_name
from flows.workshop import open_workshop


@flow(name="ingest", flow_run_name=run_name)
async def ingest(source: str, top_n: int | None = None, *, refresh: bool = False) -> State[Any]:
    """Bring in one source, with its identity lists where these are due. What landed is published by `unify`."""
    async with open_workshop(prefect_run_id=runtime.flow_run.id) as shop:
        steps = prefect_steps(refresh=refresh)
        report = await steps.ingest(shop, shop.known(source), Errand(top_n=top_n))
        await leave(shop, "ingest", sources_report([report]))
    return end_of(report.outcome, report.error, f"{report.error} → {report.remedy}")
