"""The application with a planner that knows a few documents, in this process and as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from strawberry.http import GraphQLRequestData

from graphql_api.app import create_app
from graphql_api.context import Context
from graphql_api.planner.plans import Planned
from graphql_api.planner.selections import Unplannable
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.settings import DatabaseSettings
from tests.e2e.conftest import free_port

VERSION = "{ datasetVersion }"
COLD = "query Cold { datasetVersion }"
SLOW = "query Slow { datasetVersion }"
NO_ANSWER = "query NoAnswer { datasetVersion }"
WRONG = "query Wrong { datasetVersion }"
ECHO = "query Echo($said: String) { asset(uid: $said) { uid } }"
_READ = "(SELECT version FROM dataset_version)"


def _planned(sql: str, *values: str, cost: int = 1, is_published: bool = True) -> Planned:
    return Planned(sql.encode(), values, cost, is_published)


PLANS = {
    VERSION: _planned(f"SELECT json_build_object('datasetVersion', {_READ})::text, true"),
    COLD: _planned(f"SELECT json_build_object('datasetVersion', {_READ})::text, true", is_published=False),
    SLOW: _planned(
        f"SELECT json_build_object('datasetVersion', {_READ}, 'slept', pg_sleep(0.5)::text)::text, true"
    ),
    NO_ANSWER: _planned("SELECT NULL, false"),
    WRONG: _planned("SELECT no_such_function(), true"),
}


def plan(asked: GraphQLRequestData, context: Context) -> Planned:
    """Plan the documents above; nothing else."""
    del context
    if asked.query == ECHO:
        said = (asked.variables or {})["said"]
        return _planned("SELECT json_build_object('said', $1::text)::text, true", said, cost=3)
    if asked.query not in PLANS:
        raise Unplannable("not planned")
    return PLANS[asked.query]


def planned_app(sessions: Sessions | DatabaseSettings, settings: ApiSettings) -> Starlette:
    """Build the application with that planner."""
    return create_app(settings, sessions, plan)


@dataclass(slots=True)
class Process:
    """One process that serves it."""

    url: str
    running: subprocess.Popen[bytes] = field(repr=False)


@contextmanager
def planned_processes(database_url: str, how_many: int) -> Iterator[list[Process]]:
    """Serve it from processes of their own."""
    environment = os.environ | {"DATABASE_URL": database_url, "PYTHONPATH": str(Path.cwd())}
    with ExitStack() as stack:
        started = []
        for _ in range(how_many):
            port = free_port()
            command = [sys.executable, "-m", "tests.integration.serving.planned_app", str(port)]
            running = stack.enter_context(subprocess.Popen(command, env=environment))
            stack.callback(running.kill)
            started.append(Process(f"http://127.0.0.1:{port}", running))
        for each in started:
            _await(each.url)
        yield started


def _await(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(f"{url}/health/live").raise_for_status()
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the process does not answer"
            time.sleep(0.1)
        else:
            return


def build() -> Starlette:
    """Build the application from the environment."""
    return planned_app(DatabaseSettings(), ApiSettings())


if __name__ == "__main__":
    uvicorn.run(build, factory=True, port=int(sys.argv[1]), log_level="warning")
