"""The `tell` flow: Prefect starts it when one of the others failed or crashed. What happened goes to who wants to know."""

from __future__ import annotations

from uuid import UUID

from prefect import flow, get_client, runtime

from flows.alerting.ends import BadEnd, tell_end
from flows.tasks import run_name
from flows.workshop import now, open_workshop


@flow(name="tell", flow_run_name=run_name)
async def tell(run_id: str) -> None:
    """Close what a dead run left open, and send the notice."""
    async with get_client() as prefect:
        run = await prefect.read_flow_run(UUID(run_id))
    state = run.state
    end = BadEnd(
        run_id,
        run.name,
        state.name if state and state.name else "unknown",
        (state.message if state else None) or "its log says why",
    )
    async with open_workshop(prefect_run_id=runtime.flow_run.id) as shop:
        await tell_end(shop.sessions, shop.settings, end, now)
