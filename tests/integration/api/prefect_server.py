"""A real Prefect server of the tests' own, without a worker: what is started stays scheduled."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from flows.stack.environment import prefect_environment
from flows.stack.settings import StackSettings

READY_SECONDS = 90


def free_port() -> int:
    """Find a port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def prefect_server(home: Path) -> Iterator[str]:
    """Keep a server running for the length of the block; yields the URL of its API."""
    settings = StackSettings(prefect_port=free_port(), prefect_api_url=None, kasparro_home=home)
    command = [sys.executable, "-m", "prefect", "server", "start"]
    log = (home / "server.log").open("w")
    server = subprocess.Popen(
        command,
        env={**os.environ, **prefect_environment(settings)},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        _await_ready(settings.prefect_api, server, home / "server.log")
        yield settings.prefect_api
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)
        log.close()


def _await_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/ready").is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    pytest.fail(f"Prefect was not ready after {READY_SECONDS} s: {log.read_text()}")
