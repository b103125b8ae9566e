"""Who takes part, each with the settings that its own documentation recommends for production, one process each."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.benchmarks import ours
from tests.benchmarks.asking.questions import Dialect
from tests.benchmarks.errors import AbsentError
from tests.benchmarks.ground.processes import Program, free_port, running

HERE = Path(__file__).parent
POSTGRAPHILE = HERE / "postgraphile"
STATE = HERE.parents[2] / ".kasparro"
NODE_AT_LEAST = 22
NODE_POOL = "10"
"""node-postgres's own default, and PostGraphile's."""


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A server that is asked the same as ours."""

    name: str
    title: str
    command: Callable[[int], tuple[str, ...]]
    """Its command, given the port."""
    environment: Mapping[str, str] = field(default_factory=dict)
    port_variable: str = "PORT"
    dialect: Dialect | None = Dialect.OURS
    """In which words it is asked; None: it has no GraphQL."""
    ready: str = "/graphql"
    prepare: Callable[[str], None] = lambda _url: None
    """What it needs before its first start, given the database. Raises `AbsentError` where it cannot be had."""

    @contextmanager
    def serving(self, database_url: str, folder: Path) -> Iterator[Program]:
        """Serve until the block ends."""
        self.prepare(database_url)
        port = free_port()
        environment = {"DATABASE_URL": database_url, self.port_variable: str(port)} | dict(self.environment)
        with running(self.command(port), environment, port, folder / f"{self.name}.log", self.ready) as it:
            yield it


def _uvicorn(module: str) -> Callable[[int], tuple[str, ...]]:
    def command(port: int) -> tuple[str, ...]:
        place = f"tests.benchmarks.contenders.{module}:app"
        quiet = ("--no-access-log", "--log-level", "warning", "--loop", "uvloop", "--http", "httptools")
        return (sys.executable, "-m", "uvicorn", place, "--host", "127.0.0.1", "--port", str(port), *quiet)

    return command


def _install_postgraphile(url: str) -> None:
    """Install what the lock file names, if that was not done before, and give the database its views."""
    npm = shutil.which("npm")
    if npm is None:
        raise AbsentError("npm is not installed (on Debian: apt install nodejs npm)")
    lock = hashlib.sha256((POSTGRAPHILE / "package-lock.json").read_bytes()).hexdigest()
    stamp = POSTGRAPHILE / "node_modules" / ".kasparro-lock"
    if not stamp.is_file() or stamp.read_text() != lock:
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefer-offline"]
        if subprocess.run(
            [*command, "--cache", str(STATE / "npm")], cwd=POSTGRAPHILE, check=False
        ).returncode:
            raise AbsentError(
                "npm could not fetch what its package-lock.json names: is the registry within reach?"
            )
        stamp.write_text(lock)
    node()
    with psycopg.connect(url) as connection:
        connection.execute((POSTGRAPHILE / "shape.sql").read_bytes())


def node() -> str:
    """Find a Node that PostGraphile runs on: the system's, else the one that npm brought. Raises `AbsentError`."""
    brought = sorted(POSTGRAPHILE.glob("node_modules/node-*/bin/node"))
    for program in filter(None, (shutil.which("node"), *map(str, brought))):
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        if asked.startswith("v") and int(asked[1:].split(".")[0]) >= NODE_AT_LEAST:
            return program
    raise AbsentError(f"it wants Node {NODE_AT_LEAST} or newer, and npm brought none for this machine")


def _postgraphile(_port: int) -> tuple[str, ...]:
    folder = POSTGRAPHILE
    cli = folder / "node_modules" / "postgraphile" / "dist" / "cli-run.js"
    return (node(), str(cli), "--config", str(folder / "graphile.config.mjs"))


_PROD = {"ENV": "prod", "PUBLIC_READ": "true", "RATE_LIMIT": "", "WEB_CONCURRENCY": "1"}

COLD = Contender(
    "kasparro",
    "Kasparro",
    lambda _port: ours.API,
    _PROD | {"RESPONSE_CACHE_MB": "0"},
    port_variable="API_PORT",
)
WARM = Contender(
    "kasparro_warm",
    "Kasparro, cached",
    lambda _port: ours.API,
    # All that is asked for fits in, and stays longer than the rounds: copies are measured, not their making.
    _PROD | {"RESPONSE_CACHE_SECONDS": "3600", "RESPONSE_CACHE_MB": "256"},
    port_variable="API_PORT",
)
PEER = Contender(
    "postgraphile",
    "PostGraphile 5",
    _postgraphile,
    {"NODE_ENV": "production", "GRAPHILE_ENV": "production", "POOL_SIZE": NODE_POOL},
    dialect=Dialect.POSTGRAPHILE,
    prepare=_install_postgraphile,
)
PLAIN = Contender(
    "plain_strawberry", "Strawberry, ORM, DataLoader", _uvicorn("plain_strawberry"), {"POOL_SIZE": "20"}
)
FASTAPI = Contender(
    "fastapi",
    "FastAPI, SQLAlchemy",
    _uvicorn("data_fastapi"),
    {"POOL_SIZE": "20"},
    dialect=None,
    ready="/openapi.json",
)
