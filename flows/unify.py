"""The `unify` flow: decide anew which listings are the same asset, and publish."""

from __future__ import annotations

from prefect import flow, runtime
from prefect.artifacts import acreate_markdown_artifact

from flows.report import publish_report
from flows.tasks import prefect_steps, run_name
from flows.workshop import open_workshop


@flow(name="unify", flow_run_name=run_name)
async def unify() -> int:
    """Match and price what has landed, and publish the difference; returns the dataset's version."""
    async with open_workshop(prefect_run_id=runtime.flow_run.id) as shop:
        report = await prefect_steps(refresh=False).publish(shop, None)
    await acreate_markdown_artifact(
        publish_report(report), key="unify-report", description="What was published"
    )
    return report.version
