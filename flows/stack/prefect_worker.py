"""The door `python -m flows worker`: pool, deployments, stale runs, and then Prefect's worker."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import NoReturn

from flows.stack.automations import keep_automations
from flows.stack.deployments import DeployFailed, deploy
from flows.stack.duties import close_stale_runs
from flows.stack.environment import worker_environment
from flows.stack.prefect_api import POOL, WORKER, PrefectUnavailable, open_prefect
from flows.stack.settings import StackSettings, project_folder

SERVER_WITHIN_SECONDS = 120
RUNS_AT_ONCE = 4
NICENESS = 10


def give_way() -> None:
    """Let this process and all that it starts come after those that answer readers on the same machine: a run can wait."""
    os.nice(NICENESS)


def serve_worker(
    settings: StackSettings, *, single_host: bool = False, runs_at_once: int = RUNS_AT_ONCE
) -> NoReturn:
    """Do the start-up duties, then become Prefect's worker, in the folder it was started in.

    `single_host` says that no other worker serves this server, so that runs nobody owns can be closed. A server
    that does not answer, and a prefect.yaml that cannot be deployed, end the process with a sentence.
    """
    os.environ.update(worker_environment(settings))
    Path(os.environ["TMPDIR"]).mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_prepare(settings, single_host=single_host))
    except (PrefectUnavailable, DeployFailed) as error:
        sys.exit(str(error))
    command = ["worker", "start", "--pool", POOL, "--name", WORKER, "--limit", str(runs_at_once)]
    give_way()
    os.execv(sys.executable, [sys.executable, "-m", "prefect", *command])  # noqa: S606 - no shell wanted


async def _prepare(settings: StackSettings, *, single_host: bool) -> None:
    async with open_prefect(settings.prefect_api, settings.prefect_auth) as prefect:
        await prefect.wait_until_ready(SERVER_WITHIN_SECONDS)
        await prefect.ensure_pool()
        if single_host:
            await close_stale_runs(prefect)
        else:
            await keep_automations(prefect)
        await deploy(prefect, settings, project_folder())
