"""Subscriptions: prices as they are published, runs as they begin and end.

What is told through Postgres only wakes a subscriber; what it is told about is read then, from one snapshot. So a
subscriber misses nothing while the database is away, and hears of two versions at once if it was busy with another.
Those who wake together, and asked for the same, are told what was read once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Annotated, cast

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Context, Info
from graphql_api.dataset import read_dataset
from graphql_api.errors import BadUserInput, NotFound
from graphql_api.fields import subscription
from graphql_api.paging import SIZE_AT_MOST, First, size
from graphql_api.resolving import told_as
from graphql_api.runs import Run
from graphql_api.source_names import SourceFilter, current_name
from graphql_api.updating import WrittenOut, asked_by, write_out
from models.channels import DATASET, RUNS
from models.queries import assets as asset_queries
from models.queries import runs as run_queries
from models.queries import updates
from models.queries.paging import offset_page, total

READERS_FIRST_SECONDS = 0.1
"""What is published makes every kept answer old: those who ask now go before those who are told."""
BEFORE_EVERYTHING = datetime.min.replace(tzinfo=UTC)

Uids = Annotated[
    list[str] | None,
    strawberry.argument(description=f"Which assets, {SIZE_AT_MOST} at most; null: all of them."),
]
Since = Annotated[
    datetime | None,
    strawberry.argument(
        description="The last `publishedAt` you saw: what was published after it is told at once. "
        "Null: from now on."
    ),
]


@strawberry.type(description="What a publication changed among the assets that you subscribed to.")
class PriceUpdate:
    """What a publication changed."""

    dataset_version: int = strawberry.field(description="The dataset version that is published now.")
    published_at: datetime = strawberry.field(
        description="When. Pass it as `since` to continue from here after a break."
    )
    changed: int = strawberry.field(
        description="How many assets changed; where that is more than `first`, `assets` has the largest."
    )
    assets: list[Asset] = strawberry.field(description="The assets that changed, by market cap.")


@strawberry.type(description="What is told as it happens.")
class Subscription:
    """What is told as it happens."""

    @subscription("Assets as they change, one message for each publication that changes any of them.")
    async def price_updates(
        self, info: Info, uids: Uids = None, first: First = 100, since: Since = None
    ) -> AsyncGenerator[PriceUpdate, None]:
        """Tell what each publication changed."""
        context, most = info.context, size("first", first)
        seen = since or await _last_publication(context, uids)
        with context.services.listener.subscribed(DATASET) as subscriber:
            async for _ in subscriber.words():
                told = await _told_together(info, seen, uids, most)
                if told is None:
                    continue
                seen, update = told
                if update is not None:
                    yield cast("PriceUpdate", update)  # written out already

    @subscription("Runs as they begin and end.")
    async def run_updates(self, info: Info, source: SourceFilter = None) -> AsyncGenerator[Run, None]:
        """Tell each run that begins or ends."""
        context, wanted = info.context, current_name(source)
        seen, last = context.now, None
        with context.services.listener.subscribed(RUNS) as subscriber:
            async for word in subscriber.words():
                await context.renew()
                for run in await _moved(context, word, seen):
                    seen = max(seen, run.finished_at or run.started_at)
                    if (run.id, run.outcome) != last and wanted in {None, run.source}:
                        last = run.id, run.outcome
                        yield run
                await context.renew()


async def _last_publication(context: Context, uids: list[str] | None) -> datetime:
    if uids is not None:
        await _require_known(context, uids)
    published_at = (await read_dataset(context)).published_at
    await context.renew()
    return published_at or BEFORE_EVERYTHING


async def _require_known(context: Context, uids: list[str]) -> None:
    """Refuse a uid that would never be heard of."""
    if not 1 <= len(uids) <= SIZE_AT_MOST:
        raise BadUserInput(f"`uids` takes 1 to {SIZE_AT_MOST}, got {len(uids)}. Leave it out for all assets.")
    wanted = asset_queries.AssetFilter(uids=tuple(uids))
    rows = await context.rows.all(asset_queries.assets(wanted, context.stale_before))
    if unknown := sorted(set(uids) - {row.uid for row in rows}):
        raise NotFound(f"There is no asset {unknown[0]!r} now: ask `asset` or `assets` for uids.")


async def _told_together(
    info: Info, moment: datetime, uids: list[str] | None, first: int
) -> tuple[datetime, WrittenOut | None] | None:
    """Read what was published after a moment, with all who heard the same and asked for the same; None: nothing was.

    Returns when it was published, and the update where it is about any of these assets.
    """
    services = info.context.services
    key = services.listener.words_heard, moment, asked_by(info)
    told: tuple[datetime, WrittenOut | None] | None = await services.updates.once(
        key, _told_since(info.context, moment, uids, first)
    )
    return told


async def _told_since(
    asked: Context, moment: datetime, uids: list[str] | None, first: int
) -> tuple[datetime, WrittenOut | None] | None:
    await asyncio.sleep(READERS_FIRST_SECONDS)
    context = asked.beside()
    try:
        update = await _changed_since(context, moment, uids, first)
        if update is None:
            return None
        return update.published_at, await write_out(asked, update, context) if update.changed else None
    finally:
        await context.close()


async def _changed_since(
    context: Context, moment: datetime, uids: list[str] | None, first: int
) -> PriceUpdate | None:
    """Read what was published after a moment; None: nothing was."""
    dataset = await read_dataset(context)
    if dataset.published_at is None or dataset.published_at <= moment:
        return None
    changed = updates.changed_assets(uids, moment, context.stale_before)
    rows = await context.rows.all(offset_page(changed, limit=first, offset=0))
    return PriceUpdate(
        dataset_version=dataset.version,
        published_at=dataset.published_at,
        changed=await context.rows.count(total(changed)) if len(rows) == first else len(rows),
        assets=[told_as(Asset, row) for row in rows],
    )


async def _moved(context: Context, run_id: str | None, since: datetime) -> list[Run]:
    """Read the run that was told, or those that began or ended meanwhile."""
    if run_id is None:
        moved = updates.moved_runs(since, first=SIZE_AT_MOST, reader=context.reader)
        rows = await context.rows.all(moved)
    else:
        rows = await context.rows.all(run_queries.run(int(run_id), reader=context.reader))
    return [told_as(Run, row) for row in rows]
