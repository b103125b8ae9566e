"""Prefect's server, its worker and the API over a world: processes of their own that may be killed and started again.

Not under `flows up`, which ends the whole where one of it ends: here each comes back by itself, as under a container
platform.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from tests.e2e.conftest import System, eventually
from tests.e2e.faults.reading import Answer, ask
from tests.e2e.faults.wire import Wire
from tests.e2e.processes import pids_of

DOORS = {
    "server": ("flows", "server"),
    "worker": ("flows", "worker", "--single-host"),
    "second worker": ("flows", "worker"),
    "api": ("graphql_api",),
}
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
STARTS_WITHIN_SECONDS = RUN_WITHIN_SECONDS = 600
"""Patience with a machine that has much else to do, not a promise."""


class Whole(System):
    """The processes, and the wires from them to Prefect's server and from the API to what it needs."""

    def __init__(self, folder: Path, environment: Mapping[str, str], postgres: Wire) -> None:
        super().__init__(folder / "whole")
        self._given = dict(environment)
        self.api_to_postgres = postgres
        self.to_server = Wire(("127.0.0.1", self.ports["PREFECT_PORT"]))
        self.api_to_server = Wire(("127.0.0.1", self.ports["PREFECT_PORT"]))
        self.doors: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> dict[str, str]:
        """What every process is started with."""
        server = f"http://127.0.0.1:{self.to_server.port}/api"
        return super().environment | self._given | {"PREFECT_API_URL": server, "ETL_ENABLED": "false"}

    def open(self, door: str) -> None:
        """Start one of the processes."""
        environment = self.environment
        if door == "api":
            url, _, database = environment["DATABASE_URL"].rpartition("/")
            host = url.rpartition(":")[0]
            environment["DATABASE_URL"] = f"{host}:{self.api_to_postgres.port}/{database}"
            environment["PREFECT_API_URL"] = f"http://127.0.0.1:{self.api_to_server.port}/api"
        command = [sys.executable, "-m", *DOORS[door]]
        with self.home.with_name(f"{door}.log").open("ab") as log:
            self.doors[door] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def open_all(self) -> None:
        """Start everything, and wait until a run can be asked for."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.open("server")
        eventually(self.server_answers, STARTS_WITHIN_SECONDS)
        self.open("worker")
        self.open("api")
        eventually(lambda: self.deployment, STARTS_WITHIN_SECONDS)
        eventually(lambda: ask(self.api_url) is Answer.FRESH)

    def end(self, door: str, how: signal.Signals) -> None:
        """End one of the processes with a signal."""
        process = self.doors[door]
        process.send_signal(how)
        process.wait(timeout=60)

    def close_all(self) -> None:
        """End everything that is left."""
        for process in self.doors.values():
            process.kill()
            process.wait()
        self.end_flows()
        for wire in (self.to_server, self.api_to_server, self.api_to_postgres):
            wire.close()

    @property
    def deployment(self) -> str | None:
        """The key of the deployment `etl`; None while there is none or nobody to ask."""
        with contextlib.suppress(httpx.HTTPError):
            return str(self._read("/deployments/name/etl/etl")["id"])
        return None

    def server_answers(self) -> bool:
        """Whether Prefect's server can be asked."""
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.prefect_url}/api/ready", timeout=10).is_success
        return False

    def trigger(self) -> str:
        """Ask for a run until the server takes it; returns its key in Prefect."""
        body = {
            "parameters": {"refresh": True},
            "state": {"type": "SCHEDULED"},
            "idempotency_key": uuid4().hex,  # a busy server answers 503, and may have taken it
        }
        asked: list[str] = []

        def is_taken() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                path = f"/deployments/{self.deployment}/create_flow_run"
                asked.append(str(self.prefect(path, body)["id"]))
            return bool(asked)

        eventually(is_taken, 60)
        return asked[0]

    def state_of(self, run: str) -> str:
        """Tell what Prefect says of a run; nothing while its server is away."""
        with contextlib.suppress(httpx.HTTPError):
            return str(self._read(f"/flow_runs/{run}")["state_type"])
        return ""

    def _read(self, path: str) -> Any:  # noqa: ANN401 - JSON is any
        answer = httpx.get(f"{self.prefect_url}/api{path}", auth=self.prefect_auth, timeout=10)
        return answer.raise_for_status().json()

    def until_ended(self, run: str) -> str:
        """Wait for the end of a run; returns how Prefect says it ended."""
        deadline = time.monotonic() + RUN_WITHIN_SECONDS
        while (state := self.state_of(run)) not in ENDED:
            assert time.monotonic() < deadline, f"Prefect's run is {state or 'unknown'}, and does not end"
            time.sleep(0.2)
        return state

    @property
    def flows(self) -> list[int]:
        """The processes of runs under Prefect."""
        return list(pids_of(self.home / "state", "prefect.engine"))

    def end_flows(self) -> None:
        """Kill the processes of runs that are left."""
        for pid in self.flows:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        eventually(lambda: not self.flows)


@contextmanager
def open_whole(folder: Path, environment: Mapping[str, str], socket: str) -> Iterator[Whole]:
    """Start the processes for the length of the block."""
    whole = Whole(folder, environment, Wire(socket))
    try:
        whole.open_all()
        yield whole
    finally:
        whole.close_all()
