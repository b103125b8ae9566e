"""The `unify` flow: decide anew which listings are the same asset, and publish."""

from __future__ import annotations

from prefect import flow, runtime

from flows.report import publish_report
from flows.runbook import leave
from flows.tasks import prefect_steps, run_name
from flows.workshop import open_workshop


@flow(name="unify", flow_run_name=run_name)
async def unify() -> int:
    """Match and price what has landed, and publish the difference; returns the dataset's version."""
    async with open_workshop(prefect_run_id=runtime.flow_run.id) as shop:
        report = await prefect_steps(refresh=False).publish(shop, None)
        await leave(shop, "unify", publish_report(report))
    return report.version
