"""What a run works with: settings, the database, the client and the sources, opened together and passed down."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import anyio.to_thread
import structlog

from flows.client import Client
from flows.errors import Fatal
from flows.settings import FlowSettings, SourceSettings, environment, source_settings
from flows.shared_budgets import SharedBudgets
from flows.sources import REGISTRY, coincap, files_in
from flows.sources.contract import SANDBOX, Source
from flows.sources.dropin import FileSource
from models.db import Sessions, database, in_a_sentence
from models.outcomes import RunOutcome, Upstream
from models.store.runs import enter_run, start_run
from models.store.sources import claim_upstream, register_sources
from models.tables import Run
from models.vault import open_vault

SANDBOX_KEY = "sandbox"
SELDOM = 100_000
"""How many new containers there may be before the youngest of them are looked through; Python's own is 700."""
LOCKS_AND_PAGES = 2
"""Connections one source needs: its lock's, and the page's being stored."""

FILES_AT_ONCE = 2
"""How many dropped files are read side by side: reading one keeps a core busy, and there may be hundreds."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Everything a step may use. Steps take it as their first argument and keep nothing else."""

    settings: FlowSettings
    sessions: Sessions
    client: Client
    budgets: SharedBudgets
    sources: Mapping[str, Source]
    env: Mapping[str, str]
    files: Mapping[str, FileSource] = field(default_factory=dict)
    """The CSV files of the data folder that are sources."""
    prefect_run_id: str | None = None
    """The Prefect run on whose behalf this is, so that ours can be found from it and it from ours."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every source's name: the providers', then the files', in order of trust."""
        return (*self.sources, *self.files)

    def known(self, name: str) -> str:
        """Return a source's name. Raises `Fatal`, naming those there are, for an unknown one."""
        if name not in self.names:
            raise Fatal(f"there is no source {name!r}; known are {', '.join(self.names)}")
        return name

    def source(self, name: str) -> Source:
        """Return a provider by name. Raises `Fatal`, naming those there are, for an unknown one."""
        if name not in self.sources:
            raise Fatal(f"there is no provider {name!r}; known are {', '.join(self.sources)}")
        return self.sources[name]

    def settings_of(self, source: Source) -> SourceSettings:
        """Read a source's own block of the environment. The sandbox gets no key of yours, only what it insists on."""
        said = replace(source_settings(source.name, self.env), upstream=self.settings.upstream)
        if self.settings.upstream is Upstream.LIVE or said.base_url is not None:
            return said
        return replace(
            said,
            api_key=SANDBOX_KEY if source.needs_key else None,
            plan=SANDBOX if SANDBOX in source.plans else None,
        )


def collect_seldom() -> None:
    """Let the garbage collector look for cycles seldom: a run makes many values that live to its end, and few cycles.

    Walking through them again and again took a quarter of a run. Called where a run's process begins, once what it
    needs is imported: that lives for ever.
    """
    gc.freeze()
    gc.set_threshold(SELDOM)


def now() -> datetime:
    """Return the time, UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_workshop(
    settings: FlowSettings | None = None, *, prefect_run_id: str | None = None, upgrade: bool = False
) -> AsyncIterator[Workshop]:
    """Open the database and the client for one run; `upgrade` brings the tables up to date first.

    Refuses a database that holds the other upstream's prices, and wrong settings of any source, by name.
    """
    settings = settings or FlowSettings()
    files, env = files_in(settings.data_dir), environment()
    _refuse_wrong_settings((*REGISTRY.values(), coincap.API), env)
    titles = {name: source.title for name, source in REGISTRY.items()}
    titles |= {name: source.title for name, source in files.items()}
    pool = max(settings.database_pool_size, LOCKS_AND_PAGES * (len(REGISTRY) + FILES_AT_ONCE + 2))
    limit = settings.database_statement_timeout_seconds
    with open_vault(settings) as url:
        if upgrade:
            from models import migrate  # noqa: PLC0415 - a run through the worker never migrates: 10 MB less

            await anyio.to_thread.run_sync(migrate.upgrade, url)
        async with database(url, pool_size=pool, statement_timeout_seconds=limit) as sessions:
            with in_a_sentence():
                async with sessions.begin() as session:
                    await claim_upstream(session, settings.upstream)
                    await register_sources(session, titles, now())
            budgets = SharedBudgets(sessions, settings.retry_patience_seconds)
            async with Client(settings, budgets) as client:
                yield Workshop(settings, sessions, client, budgets, REGISTRY, env, files, prefect_run_id)


def _refuse_wrong_settings(sources: Iterable[Source], env: Mapping[str, str]) -> None:
    for source in sources:
        said = source_settings(source.name, env)
        if source.calls_network:
            source.plan(said)


async def begin_run(
    shop: Workshop, flow: str, *, source: str | None = None, parent_id: int | None = None
) -> int:
    """Enter a run as running, visible at once; returns its key. Call it while holding the lock of its job.

    What is logged until the lock is given back bears the run's ids.
    """
    run = _run(shop, flow, RunOutcome.RUNNING, source=source, parent_id=parent_id)
    async with shop.sessions.begin() as session:
        run_id = await start_run(session, run)
    known = {"run_id": run_id, "prefect_run_id": shop.prefect_run_id}
    structlog.contextvars.bind_contextvars(
        **{name: value for name, value in known.items() if value is not None}
    )
    return run_id


async def skip_run(
    shop: Workshop, flow: str, reason: str, *, source: str | None = None, parent_id: int | None = None
) -> None:
    """Enter a run that did nothing, since another one holds the lock of its job: who asked for it finds out why."""
    run = _run(shop, flow, RunOutcome.SKIPPED, source=source, parent_id=parent_id)
    run.finished_at, run.error = run.started_at, reason
    async with shop.sessions.begin() as session:
        await enter_run(session, run)


def _run(shop: Workshop, flow: str, outcome: RunOutcome, *, source: str | None, parent_id: int | None) -> Run:
    return Run(
        flow=flow,
        source=source,
        parent_id=parent_id,
        prefect_run_id=shop.prefect_run_id,
        outcome=outcome,
        started_at=now(),
    )
