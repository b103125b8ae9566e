"""What a run leaves in Prefect's UI: its report, tables of what people should look at, and the state it ends in.

Keys stay the same from run to run, so that the newest of each is one click away; the server deletes what belongs to
runs that it no longer keeps.
"""

from __future__ import annotations

from typing import Any

from prefect import runtime
from prefect.artifacts import acreate_markdown_artifact, acreate_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.findings import ROWS_AT_MOST, Table, find
from flows.workshop import Workshop
from models.outcomes import RunOutcome


async def leave(shop: Workshop, flow: str, report: str) -> None:
    """Leave a report (Markdown), the run's rejects and what waits for review, with links to the dashboard."""
    found = await find(shop.sessions, str(runtime.flow_run.id))
    where = shop.settings.public_url.rstrip("/")
    links = f"\n[Dashboard]({where}/) · [runs]({where}/#/runs) · [sources]({where}/#/sources)\n"
    await acreate_markdown_artifact(
        report + _drift(found.drift) + links, key=f"{flow}-report", description="How the run went"
    )
    for kind, rows, told in (
        (
            "rejects",
            found.rejects,
            "Records that could not be used, new in this run; `rejects` has all of them",
        ),
        ("reviews", found.reviews, f"Matches that a person should settle, likeliest first: {where}/#/review"),
    ):
        await acreate_table_artifact(
            rows, key=f"{flow}-{kind}", description=f"{told}. {ROWS_AT_MOST} rows at most."
        )


def end_of(outcome: RunOutcome, told: str | None, because: str | None) -> State[Any]:
    """End a flow as its run ended, named so, with what there is to tell; a failed one with why, and what to do."""
    if outcome is RunOutcome.FAILED:
        return Failed(message=because)
    return Completed(name=outcome.capitalize(), message=told)


def _drift(rows: Table) -> str:
    """Tell of fields that a source never sent before."""
    told = "".join(f"- {row['source']}, {row['feed']}: `{row['field'].replace('`', '')}`\n" for row in rows)
    return f"\nNew fields, kept raw and not read:\n\n{told}" if told else ""
