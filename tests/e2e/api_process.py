"""The API as a process of its own, over a database that a test names."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.e2e.conftest import eventually, free_port


@dataclass(frozen=True, slots=True)
class ApiProcess:
    """Where it answers, and which process it is."""

    url: str
    pid: int

    @property
    def memory_mb(self) -> float:
        """The memory it holds now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@contextmanager
def api_process(database_url: str, **environment: str) -> Iterator[ApiProcess]:
    """Start `python -m graphql_api` and yield it once it answers."""
    port = str(free_port())
    own = {"DATABASE_URL": database_url, "API_PORT": port} | environment
    port = own["API_PORT"]
    with subprocess.Popen([sys.executable, "-m", "graphql_api"], env=os.environ | own) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: _answers(url), 30)
            yield ApiProcess(url, process.pid)
        finally:
            process.send_signal(signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").is_success
    except httpx.TransportError:
        return False
