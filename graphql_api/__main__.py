"""The window's front door: `python -m graphql_api`, and its commands `schema` and `assets`."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from multiprocessing import parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import psycopg
import structlog
import uvicorn
from rich.console import Console
from starlette.applications import Starlette

from graphql_api.app import create_app
from graphql_api.dashboard import page as dashboard
from graphql_api.graphiql import page as graphiql
from graphql_api.pages.npm import AssetError, bring, registry
from graphql_api.schema import SDL_PATH, print_sdl
from graphql_api.settings import ApiSettings
from models.db import DatabaseUnavailable, address_of, psycopg_url
from models.front_door import door, enter
from models.logs import log_to_stderr
from models.postgres_programs import PostgresError
from models.settings import DatabaseSettings, LogSettings
from models.tracing import start_tracing
from models.vault import open_vault

DATABASE_SECONDS = 30
FAST = ("uvloop", "httptools")
"""What uvicorn takes by itself where it is installed: without them a request costs it nearly twice as much."""
RELOADED = ["*.py", "*.js", "*.css", "*.html"]
"""What `--reload` watches: a process reads the pages' files once."""
SERVICE = "kasparro-api"
SHARED = "KASPARRO_API_SHARED"
"""Names the folder of all processes behind one port, to those that answer."""
SHUTDOWN_SECONDS = 10
"""How long answers that have begun may still take. Streams would never end by themselves."""

log = structlog.get_logger(__name__)
app = door("python -m graphql_api", "The GraphQL and REST API of Kasparro.")


@app.default
def serve(*, reload: bool = False, database_seconds: float = DATABASE_SECONDS) -> None:
    """Wait for the database, then serve until stopped.

    Parameters
    ----------
    reload
        Begin anew when a file of the project changes.
    database_seconds
        How long to wait for the database at most.
    """
    settings = ApiSettings()
    log_to_stderr(LogSettings())
    workers = 1 if reload else settings.web_concurrency
    with open_vault(DatabaseSettings()) as url, _sharing(workers):
        await_database(url, database_seconds)
        os.environ["DATABASE_URL"] = url  # for the processes that answer
        uvicorn.run(
            "graphql_api.__main__:build",
            factory=True,
            workers=workers,
            host=settings.api_host,
            port=settings.api_port,
            reload=reload,
            reload_dirs=["graphql_api", "models"] if reload else None,
            reload_includes=RELOADED if reload else None,
            log_config=None,  # its words go where ours go, in our format; requests are told by ourselves
            access_log=False,
            server_header=False,
            forwarded_allow_ips=settings.forwarded_allow_ips,
            http="graphql_api.transport.whole_answers:WholeAnswers",
            ws="graphql_api.transport.slow_readers:PatientForAWhile",
            ws_max_size=settings.body_limit_bytes,
            ws_per_message_deflate=False,  # it holds a third of a megabyte for every socket
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )


@app.command
def schema() -> None:
    """Write graphql_api/schema.graphql."""
    SDL_PATH.write_text(print_sdl(), encoding="utf-8")
    Console(markup=False, highlight=False, soft_wrap=True).print(f"wrote {SDL_PATH}")


@app.command(name="assets")
def bring_assets() -> None:
    """Bring the pages' files from the npm registry (NPM_CONFIG_REGISTRY names another), where they are missing."""
    say = Console(markup=False, highlight=False, soft_wrap=True).print
    files = [*dashboard.files().values(), *graphiql.files().values()]
    try:
        bring(files, registry(), say)
    except AssetError as error:
        raise AssetError(
            f"{error}. The API does without them; / shows no dashboard and /graphql no GraphiQL until then."
        ) from error
    say("the dashboard's files and GraphiQL's are all here")


def build() -> Starlette:
    """Build the application from the environment: what uvicorn calls."""
    log_to_stderr(LogSettings())
    start_tracing(SERVICE)
    _leave_with_parent()
    for missing in (name for name in FAST if find_spec(name) is None):
        log.error("the server is slower than it need be: install uvicorn[standard]", missing=missing)
    shared = os.environ.get(SHARED)
    app = create_app(ApiSettings(), DatabaseSettings(), shared=Path(shared) if shared else None)
    # What is there now stays to the end: looking through the schema for garbage again and again took a tenth of the time.
    gc.collect()
    gc.freeze()
    return app


@contextmanager
def _sharing(workers: int) -> Iterator[None]:
    """Give the processes behind one port a folder in common, where there are several."""
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="kasparro-api-") as shared:
        os.environ[SHARED] = shared
        yield


def _leave_with_parent() -> None:
    """Stop when the process that started this one is gone: a worker would keep the port for ever."""
    parent = parent_process()
    if parent is not None:

        def watch() -> None:
            parent.join()
            os.kill(os.getpid(), signal.SIGTERM)

        Thread(target=watch, daemon=True).start()


def await_database(url: str, seconds: float) -> None:
    """Return when the database answers. Raises `DatabaseUnavailable` with its last word when the time is up."""
    target = psycopg_url(url)
    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(address_of(target), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(
                    f"The database at {target.render_as_string()} did not answer for {seconds:g} s: "
                    f"{str(error).splitlines()[-1]}. Start it, or correct DATABASE_URL."
                ) from error
            time.sleep(0.5)
        else:
            return


if __name__ == "__main__":
    enter(app, DatabaseUnavailable, PostgresError, AssetError)
