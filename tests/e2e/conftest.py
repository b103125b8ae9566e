"""The whole system as a person starts it: `python -m flows up` in a state folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.processes import pids_of

READY_WITHIN_SECONDS = 180
"""Patience, not the promise: the promise is 60 s on two quiet cores, measured apart from the tests."""


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(is_true: Callable[[], object], seconds: float = 180) -> None:
    """Wait until something holds; fail with a sentence when it never does."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(0.2)


@dataclass
class System:
    """The whole, its ports and how to ask it."""

    home: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {f"{name}_PORT": free_port() for name in ("API", "PREFECT", "SANDBOX")}
    )
    prefect_auth: tuple[str, str] | None = None
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What every process of this whole is started with."""
        own = {name: str(port) for name, port in self.ports.items()}
        own |= {"KASPARRO_HOME": str(self.home / "state"), "DATA_DIR": str(self.home / "data")}
        own |= {"PREFECT_API_URL": f"{self.prefect_url}/api", "ETL_INTERVAL_SECONDS": "3600"}
        return {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | own

    @property
    def api_url(self) -> str:
        """Where the API listens."""
        return f"http://127.0.0.1:{self.ports['API_PORT']}"

    @property
    def prefect_url(self) -> str:
        """Where Prefect's server listens."""
        return f"http://127.0.0.1:{self.ports['PREFECT_PORT']}"

    @property
    def database_url(self) -> str:
        """The private database, from outside."""
        for line in Path(f"/proc/{self.pid_of('graphql_api')}/environ").read_text().split("\0"):
            if line.startswith("DATABASE_URL="):
                return line.removeprefix("DATABASE_URL=")
        raise AssertionError("the API has no DATABASE_URL")

    def start(self) -> None:
        """Start it and wait until the first assets are answered."""
        self.said = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "flows", "up"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self.environment,
        )
        listener = threading.Thread(target=self._listen, args=[self.process.stdout], daemon=True)
        listener.start()
        eventually(lambda: self.is_ready or not listener.is_alive(), READY_WITHIN_SECONDS)
        assert self.is_ready, "".join(self.said)

    def _listen(self, output: Iterable[str]) -> None:
        for line in output:
            self.said.append(line)

    @property
    def is_ready(self) -> bool:
        """Whether it said that it is."""
        return any("READY" in line for line in self.said)

    def stop(self, stopper: signal.Signals = signal.SIGTERM) -> int:
        """Stop it with a signal; returns the exit code."""
        assert self.process is not None
        process, self.process = self.process, None
        with process:
            process.send_signal(stopper)
            return process.wait(timeout=90)

    def query(self, text: str) -> Any:  # noqa: ANN401 - JSON is any
        """Ask GraphQL; fails on an error in the answer."""
        answer = httpx.post(f"{self.api_url}/graphql", json={"query": text}, timeout=30).json()
        assert "errors" not in answer, answer
        return answer["data"]

    def prefect(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON is any
        """Ask Prefect's API."""
        url = f"{self.prefect_url}/api{path}"
        return httpx.post(url, json=body, auth=self.prefect_auth, timeout=30).raise_for_status().json()

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as an operator beside it would."""
        return subprocess.run(
            [sys.executable, "-m", *command],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    def pid_of(self, *words: str) -> int:
        """Find the process of this whole whose command has these words."""
        for pid in pids_of(self.home / "state", *words):
            return pid
        raise AssertionError(f"no process of {words}")


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole, ready."""
    whole = System(tmp_path_factory.mktemp("whole"))
    try:
        whole.start()
        yield whole
    finally:
        if whole.process:
            whole.stop(signal.SIGTERM)
