"""The steps as Prefect tasks: retried, cached and shown in its UI. What they do is in the engine.

A page is kept on disk for as long as the provider itself would answer with the same bytes: a run that is repeated
within that time, or after a crash, asks nobody twice. The key names the page, never the API key.
"""

from __future__ import annotations

import time
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar, cast

import anyio.to_thread
from prefect import State, Task, runtime, task
from prefect.cache_policies import NO_CACHE, CacheKeyFnPolicy
from prefect.client.schemas.objects import TaskRun
from prefect.context import TaskRunContext
from prefect.utilities.annotations import quote

from flows.engine import Errand, Fetch, SourceReport, fetch_directly, ingest_source
from flows.errors import RetryNow
from flows.pipeline import Steps
from flows.retention import TidyReport, tidy
from flows.sources.contract import Feed, Fetched, PageRequest, Source
from flows.unification import PublishReport, unify_and_publish
from flows.workshop import Workshop, collect_seldom, now
from models.logs import speak_through_logging
from models.settings import DatabaseSettings, LogSettings
from models.tracing import start_tracing

T = TypeVar("T")

# A flow run's process has no front door of ours: this is where it comes in.
speak_through_logging(LogSettings())
start_tracing("kasparro-flows")
collect_seldom()

KEPT_AT_MOST = timedelta(days=1)
"""No page is good for longer; what is older is deleted."""


def run_name() -> str:
    """Name a flow run by what it does and when: `etl-2026-01-31T10:22`."""
    return f"{runtime.flow_run.flow_name}-{now():%Y-%m-%dT%H:%M}"


def cache_folder() -> Path:
    """Return where pages are kept: in the state folder."""
    return DatabaseSettings().kasparro_home / "cache"


def page_key(_: TaskRunContext, inputs: dict[str, Any]) -> str:
    """Name a page by its source, whose provider answers, and the request."""
    shop, source, request = inputs["shop"], inputs["source"], inputs["request"]
    asked = f"{shop.client.origin(source, shop.settings_of(source)).base_url} {request.key}"
    return f"{source.name}-{blake2b(asked.encode(), digest_size=12).hexdigest()}"


def is_passing(_: Task[..., Any], __: TaskRun, state: State) -> bool:
    """Retry only what the client's own patience did not outlast but time may."""
    return isinstance(state.data, RetryNow)


def whole(value: T) -> T:
    """Hand a value to a task as it is: unquoted, Prefect walks through all of it in search of futures."""
    return cast("T", quote(value))


@task(
    task_run_name="fetch {source.name} {request.path}",
    retries=2,
    retry_delay_seconds=[10, 30],
    retry_jitter_factor=0.5,
    retry_condition_fn=is_passing,
    cache_policy=NO_CACHE,
)
async def fetch_page(shop: Workshop, source: Source, feed: Feed, request: PageRequest) -> Fetched:
    """Fetch one page from its provider."""
    return await fetch_directly(shop, source, feed, request)


def cached_fetch(*, refresh: bool) -> Fetch:
    """Return a fetch that asks Prefect's cache first; with `refresh` it asks the provider and renews the cache."""
    folder = cache_folder()
    cached = fetch_page.with_options(
        cache_policy=CacheKeyFnPolicy(cache_key_fn=page_key).configure(key_storage=folder / "keys"),
        refresh_cache=refresh,
        persist_result=True,
        result_storage=folder / "pages",
        result_serializer="compressed/pickle",
        cache_result_in_memory=False,  # else every page of the run stays in memory until its end
    )

    async def fetch(shop: Workshop, source: Source, feed: Feed, request: PageRequest) -> Fetched:
        step = cached.with_options(cache_expiration=feed.cached_for) if feed.cached_for else fetch_page
        return await step(whole(shop), whole(source), whole(feed), whole(request))

    return fetch


@task(task_run_name="ingest {name}", cache_policy=NO_CACHE)
async def ingest_task(shop: Workshop, name: str, errand: Errand, fetch: Fetch) -> SourceReport:
    """Bring in one source."""
    return await ingest_source(shop, name, errand, fetch=fetch)


@task(task_run_name="unify and publish", cache_policy=NO_CACHE)
async def publish_task(shop: Workshop, parent_id: int | None) -> PublishReport:
    """Decide which listings are which assets, and publish."""
    return await unify_and_publish(shop, parent_id)


@task(task_run_name="tidy", cache_policy=NO_CACHE)
async def tidy_task(shop: Workshop) -> TidyReport:
    """Make room for the months to come, and prune what is due."""
    return await tidy(shop)


def prefect_steps(*, refresh: bool) -> Steps:
    """Return the run's steps as tasks."""
    fetch = cached_fetch(refresh=refresh)

    async def ingest(shop: Workshop, name: str, errand: Errand) -> SourceReport:
        return await ingest_task(whole(shop), name, errand, whole(fetch))

    async def publish(shop: Workshop, parent_id: int | None) -> PublishReport:
        return await publish_task(whole(shop), parent_id)

    async def tidy_up(shop: Workshop) -> TidyReport:
        return await tidy_task(whole(shop))

    return Steps(ingest, publish, tidy_up)


async def prune_cache() -> None:
    """Delete kept pages that no feed would take any more; Prefect itself never deletes one."""
    await anyio.to_thread.run_sync(_prune, cache_folder(), time.time() - KEPT_AT_MOST.total_seconds())


def _prune(folder: Path, before: float) -> None:
    for page in folder.rglob("*"):
        if page.is_file() and page.stat().st_mtime < before:
            page.unlink(missing_ok=True)
