"""Keeping the Prefect server's deployments in step with prefect.yaml and the schedule settings."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flows.stack.prefect_api import PrefectApi
from flows.stack.settings import StackSettings

ENTRYPOINT = re.compile(r"^\s*entrypoint:\s*(\S+)", re.MULTILINE)


class DeployFailed(RuntimeError):  # noqa: N818 - reads as what happened
    """`prefect deploy` refused; the message ends with what it said."""


async def deploy(prefect: PrefectApi, settings: StackSettings, project: Path) -> None:
    """Deploy prefect.yaml unless the server has exactly this already, then fit the schedules to the settings.

    What was deployed is a hash kept on the server, as the deployments' version: a new server is deployed to.
    """
    wanted, entrypoints = fingerprint(project)
    if not entrypoints <= {d["entrypoint"] for d in await prefect.deployments() if d["version"] == wanted}:
        await _run_deploy(project)
        for deployment in await prefect.deployments():
            if deployment["entrypoint"] in entrypoints:
                await prefect.update_deployment(deployment["id"], {"version": wanted})
    await _fit_schedules(prefect, settings)


def fingerprint(project: Path) -> tuple[str, set[str]]:
    """Hash what decides how deployments look (prefect.yaml, the flow files, Prefect); and name the entrypoints."""
    text = (project / "prefect.yaml").read_text()
    entrypoints = set(ENTRYPOINT.findall(text))
    modules = {entrypoint.rpartition(".")[0] for entrypoint in entrypoints}
    digest = hashlib.sha256(version("prefect").encode())
    for file in ("prefect.yaml", *sorted(f"{module.replace('.', '/')}.py" for module in modules)):
        digest.update((project / file).read_bytes())
    return digest.hexdigest()[:16], entrypoints


async def _run_deploy(project: Path) -> None:
    command = (sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all")
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=project,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode:
        lines = output.decode(errors="replace").strip().splitlines()
        raise DeployFailed("\n  ".join(["prefect.yaml was not deployed:", *lines[-12:]]))


async def _fit_schedules(prefect: PrefectApi, settings: StackSettings) -> None:
    """Set intervals and switches here: prefect.yaml takes no variables for them."""
    intervals = {"etl": settings.etl_interval_seconds, "refresh-csv": settings.csv_update_interval_seconds}
    for deployment in await prefect.deployments():
        seconds = intervals.get(deployment["name"])
        for schedule in deployment["schedules"] if seconds else ():
            change = _change(schedule, float(seconds or 0), is_active=settings.etl_enabled)
            if change:
                await prefect.update_schedule(deployment["id"], schedule["id"], change)


def _change(schedule: dict[str, Any], seconds: float, *, is_active: bool) -> dict[str, Any]:
    wanted = {"active": is_active, "schedule": {**schedule["schedule"], "interval": seconds}}
    return {} if wanted.items() <= schedule.items() else wanted
