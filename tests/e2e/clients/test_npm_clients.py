"""Clients that the GraphQL world uses, from npm, against the API as a process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from graphql_api.schema import SDL_PATH
from tests.e2e.api_process import api_process
from tests.e2e.conftest import eventually, free_port

HERE = Path(__file__).parent


@pytest.mark.usefixtures("busy")
def test_apollo_client_joins_pages_caches_and_subscribes(api_url: str, node: Callable[..., str]) -> None:
    seen = json.loads(node("apollo.mjs", api_url))
    assert seen["uids"] == [f"coin-{number}" for number in range(1, 31)]
    assert seen["pagesAsked"] == 5
    assert seen["askedAgain"] == 0
    assert seen["known"] == seen["last"]


@pytest.mark.usefixtures("busy")
def test_urql_queries_caches_and_subscribes(api_url: str, node: Callable[..., str]) -> None:
    assert json.loads(node("urql.mjs", api_url)) == {
        "uid": "coin-2",
        "same": True,
        "requests": 2,
        "code": "BAD_USER_INPUT",
        "changed": 1,
    }


@pytest.fixture
def said(node: Callable[..., str], tmp_path: Path) -> Iterator[Callable[[str], list[str]]]:
    """Start graphql-ws against the port given, once; then read what it said so far."""
    del node  # installed, or skipped
    output = tmp_path / "said"
    started: list[subprocess.Popen[bytes]] = []

    def read(url: str) -> list[str]:
        if not started:
            command = [shutil.which("node") or "node", "survivor.mjs", url]
            with output.open("w") as stdout:
                started.append(subprocess.Popen(command, cwd=HERE, stdout=stdout))
        return output.read_text().splitlines()

    yield read
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.usefixtures("busy")
def test_a_subscription_of_graphql_ws_survives_the_api(
    database_url: str, said: Callable[[str], list[str]]
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with api_process(database_url, API_PORT=str(port)):
        eventually(lambda: any(line.startswith("version") for line in said(url)), 20)
    eventually(lambda: any(line.startswith("closed") for line in said(url)), 20)
    before = len(said(url))
    with api_process(database_url, API_PORT=str(port)):
        eventually(lambda: any(line.startswith("version") for line in said(url)[before:]), 20)
    assert next(line for line in said(url) if line.startswith("closed")) == "closed 1012"


def test_codegen_makes_typescript_that_compiles_in_strict_mode(node: Callable[..., str]) -> None:
    # Below the packages, where TypeScript looks for those that the generated file imports.
    with tempfile.TemporaryDirectory(dir=HERE / "node_modules") as folder:
        examples = os.path.relpath(SDL_PATH.parent / "graphiql" / "examples", HERE)
        told = node("codegen.mjs", str(SDL_PATH), examples, os.path.relpath(folder, HERE))
    assert int(told) > 100
