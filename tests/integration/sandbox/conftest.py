"""Sandboxes behind real sockets, and clients that speak to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from flows.sandbox.app import create_app
from flows.sandbox.settings import SandboxSettings

AGENT = {"user-agent": "kasparro-tests/1.0 (+https://example.org)"}
Serve = Callable[[SandboxSettings], httpx.Client]


@contextmanager
def _served(app: Starlette) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the sandbox did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def serve_sandbox() -> Iterator[Serve]:
    """Start sandboxes with settings of their own; each is stopped after the module."""
    open_ones = []

    def serve(settings: SandboxSettings) -> httpx.Client:
        context = _served(create_app(settings))
        client = httpx.Client(base_url=context.__enter__(), headers=AGENT, timeout=30)
        open_ones.append((context, client))
        return client

    yield serve
    for context, client in open_ones:
        client.close()
        context.__exit__(None, None, None)


@pytest.fixture(scope="module")
def sandbox(serve_sandbox: Serve) -> httpx.Client:
    """A full-size sandbox whose clock stands still."""
    client = serve_sandbox(SandboxSettings())
    client.put("/_sandbox/clock", json={"at": "2026-06-26T09:50:30Z", "speed": 0}).raise_for_status()
    return client


@pytest.fixture
def fresh(sandbox: httpx.Client) -> Iterator[httpx.Client]:
    """The sandbox with nothing scripted or noted, and left so."""
    for path in ("/_sandbox/answers", "/_sandbox/requests"):
        sandbox.delete(path).raise_for_status()
    yield sandbox
    sandbox.delete("/_sandbox/answers").raise_for_status()
