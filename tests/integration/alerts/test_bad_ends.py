"""What Prefect says ended badly: closed where its process is gone, and told once."""

from __future__ import annotations

import pytest

from flows.alerting.ends import BadEnd, tell_end
from models.outcomes import RunOutcome
from models.store.runs import CRASHED, job_of, sole_run, start_run
from models.tables import Run
from tests.integration.alerts.conftest import Receiver
from tests.integration.decisions.world import NOW, World

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
RUNS = "SELECT flow, outcome, error FROM etl_runs ORDER BY id"


async def tell(world: World, prefect_run_id: str) -> None:
    """Let Prefect say that this run crashed."""
    end = BadEnd(prefect_run_id, "etl-2026-01-31T10:22", "Crashed", "Flow run process exited with code <-9>")
    await tell_end(world.sessions, world.shop.settings, end, lambda: NOW)


async def leave_running(world: World, *runs: tuple[str, str | None]) -> None:
    """Leave runs of one Prefect run as a killed process leaves them."""
    async with world.sessions.begin() as session:
        for flow, source in runs:
            run = Run(
                flow=flow, source=source, prefect_run_id="p1", outcome=RunOutcome.RUNNING, started_at=NOW
            )
            await start_run(session, run)


async def test_a_killed_run_is_closed_with_all_it_began_and_told_once(
    telling: World, receiver: Receiver
) -> None:
    await leave_running(telling, ("etl", None), ("ingest", "coingecko"))
    await tell(telling, "p1")
    await tell(telling, "p1")
    assert await telling.rows(RUNS) == [("etl", "failed", CRASHED), ("ingest", "failed", CRASHED)]
    assert receiver.titles() == ["etl run 1 failed"]


@pytest.mark.parametrize("flow", ["etl", "backfill", "refresh-csv"])
async def test_a_run_whose_process_lives_is_left_alone(telling: World, receiver: Receiver, flow: str) -> None:
    async with sole_run(telling.sessions, job_of(flow, None)):
        await leave_running(telling, (flow, None))
        await tell(telling, "p1")
    assert await telling.rows(RUNS) == [(flow, "running", None)]
    assert receiver.titles() == []


async def test_a_run_that_never_reached_the_database_is_told_in_prefects_words(
    telling: World, receiver: Receiver
) -> None:
    await tell(telling, "nobody knows it")
    await tell(telling, "nobody knows it")
    ((_, message),) = receiver.received
    assert message["title"] == "etl-2026-01-31T10:22 ended Crashed before it began"
    assert "exited with code (-9)" in message["message"]
    assert "What to do: " in message["message"]
