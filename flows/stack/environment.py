"""The one place that says which environment the processes of the whole are started with.

What the caller's own environment sets wins, except for what makes the processes one whole: the ports, the state
folder, the database and where Prefect's server is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flows.stack.settings import StackSettings

MARK = "KASPARRO_DOOR"
"""In the environment of every process of a whole: its door's name, a space, and the state folder."""

PREFECT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_API_HOST": "127.0.0.1",
    "PREFECT_CLI_COLORS": "false",
    "PREFECT_LOGGING_COLORS": "false",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "flows",
    "PREFECT_WORKER_QUERY_SECONDS": "2",
    "PREFECT_WORKER_PREFETCH_SECONDS": "20",  # a scheduled run starts up ahead of its time, and on time
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "60",
    # While its database is away the server answers 500, which the client takes for final unless told otherwise.
    "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500",
    "PREFECT_CLIENT_MAX_RETRIES": "8",
    # Slots of a run that died are given back; the default storage forgets with the server that they were taken.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "5",
    # On SQLite the event recorder's single writes lock out the runs' own (2 s a flow instead of 0.1 s): write in batches.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "2",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    # Runs are kept as long as ours, by default: their logs and artifacts go with them.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": "90 days",
}


THRIFTY = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "131072", "MALLOC_MMAP_THRESHOLD_": "131072"}
"""Keeps a run 25 MB smaller on Linux: what one of Prefect's threads gave back, another takes, or the machine."""


def prefect_environment(settings: StackSettings) -> dict[str, str]:
    """Say what Prefect's server, its worker, every flow run and the `prefect` command are started with."""
    chosen = {name: os.environ.get(name, default) for name, default in PREFECT.items()}
    return chosen | {
        "PREFECT_HOME": os.environ.get("PREFECT_HOME", str(settings.kasparro_home / "prefect")),
        "PREFECT_API_URL": settings.prefect_api,
        "PREFECT_SERVER_API_PORT": str(settings.prefect_port),
        # `python` in prefect.yaml is this very interpreter.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
    }


def worker_environment(settings: StackSettings) -> dict[str, str]:
    """Say what Prefect's worker, and with it every flow run, is started with.

    It has a temporary folder of its own: Prefect's runner keeps one in the machine's that the next account cannot use.
    """
    return (
        {name: os.environ.get(name, default) for name, default in THRIFTY.items()}
        | prefect_environment(settings)
        | {"TMPDIR": str(settings.kasparro_home / "tmp")}
    )


def stack_environment(settings: StackSettings) -> dict[str, str]:
    """Say what every process under the supervisor is started with; DATABASE_URL is added once it is known."""
    return {
        **os.environ,
        **prefect_environment(settings),
        "API_PORT": str(settings.api_port),
        "PREFECT_PORT": str(settings.prefect_port),
        "SANDBOX_PORT": str(settings.sandbox_port),
        "SANDBOX_URL": settings.sandbox_url,
        "PUBLIC_URL": os.environ.get("PUBLIC_URL", settings.api_url),
        "KASPARRO_HOME": str(settings.kasparro_home),
        "UPSTREAM": str(settings.upstream),
        "LIVE": "0",  # already said by UPSTREAM
        "PYTHONUNBUFFERED": "1",
    }
