"""Sandboxes behind real sockets, and clients that speak to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from flows.sandbox.app import create_app
from flows.sandbox.settings import SandboxSettings
from tests.servers import served

AGENT = {"user-agent": "kasparro-tests/1.0 (+https://example.org)"}
Serve = Callable[[SandboxSettings], httpx.Client]


@pytest.fixture(scope="module")
def serve_sandbox() -> Iterator[Serve]:
    """Start sandboxes with settings of their own; each is stopped after the module."""
    open_ones = []

    def serve(settings: SandboxSettings) -> httpx.Client:
        context = served(create_app(settings))
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
