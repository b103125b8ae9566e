"""Publishing: what a run found becomes visible at once, or not at all.

Quotes, links, assets and the dataset version change in one transaction; the version grows only when something did,
and everyone who listens on `channels.DATASET` is told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from psycopg import sql
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from models.channels import DATASET, tell
from models.copies import stop_copies
from models.db import Sessions
from models.queries.unification import identities
from models.records import Counts, Link
from models.store.bulk import Rule, append, merge, merge_from, table_of
from models.store.holds import mark_held
from models.store.quotes import NUMBERS
from models.store.spelling import Row
from models.tables import Asset, AssetLink, LandedQuote, Quote

_KEY = "hashtextextended('kasparro:publish', 0)"
_LOCK = text(f"SELECT pg_advisory_lock({_KEY})")
_UNLOCK = text(f"SELECT pg_advisory_unlock({_KEY})")
_PUBLISHED = Rule(("listing_id",), silent=("fetched_at",))
_ASSETS = Rule(("uid",), silent=("updated_at",), on_insert=("created_at",))


@asynccontextmanager
async def publishing(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """Open the publishing transaction: one at a time, on one snapshot from the first look to the last write.

    The lock is taken before the snapshot is, on the same connection: whoever waits for it keeps none from its holder.
    Until the commit, answers of before are what there is; just before it nobody gives copies of them any more.
    """
    engine: AsyncEngine = sessions.kw["bind"]
    async with engine.connect() as connection:
        try:
            await connection.execute(_LOCK)
            await connection.commit()
            await connection.execution_options(isolation_level="REPEATABLE READ")
            async with AsyncSession(connection, expire_on_commit=False) as session:
                yield session
                await session.flush()
                await stop_copies(connection)
                await session.commit()
            await connection.execute(_UNLOCK)
            await connection.commit()
        except BaseException:
            await connection.invalidate()  # the lock goes with it
            raise


@dataclass(frozen=True, slots=True)
class Publication:
    """What a run found, ready to be written."""

    assets: Sequence[Row]
    """Every asset to be shown, with all its columns but the keys' and times'."""
    links: Sequence[Link]
    """Links that hold from now on and did not before."""
    retired_links: Mapping[int, str]
    """Keys of links that no longer hold, with the reason."""
    successors: Mapping[str, str]
    """Uids given up now, with the uid that answers for each."""
    listing_ids: Mapping[tuple[str, str], int]


async def publish(
    session: AsyncSession, found: Publication, at: datetime, *, is_changed: bool = False
) -> tuple[int, Counts]:
    """Write a publication inside `publishing`; returns the dataset's version and what changed in the assets.

    `is_changed`: something that readers see was written before in the same transaction.
    """
    quotes = await merge_from(
        session,
        table_of(Quote),
        sql.Identifier(LandedQuote.__tablename__),
        ("listing_id", *NUMBERS),
        _PUBLISHED,
    )
    marked = await mark_held(session)
    times = {"created_at": at, "updated_at": at}
    rows = [
        {**row, "price_inputs": orjson.dumps(row["price_inputs"]).decode(), **times} for row in found.assets
    ]
    assets = await merge(session, Asset, rows, _ASSETS)
    await _link(session, found, at)
    touched = quotes.new + quotes.changed + marked + assets.new + assets.changed
    if is_changed or touched or found.links or found.retired_links or found.successors:
        await next_version(session, at)
    version = await session.execute(text("SELECT version FROM dataset_version WHERE id = 1"))
    return version.scalar_one(), assets


async def announce(sessions: Sessions, at: datetime) -> int:
    """Publish that points came which readers can see: their answers change, and nothing is matched. Returns the version."""
    async with publishing(sessions) as session:
        return await next_version(session, at)


async def _link(session: AsyncSession, found: Publication, at: datetime) -> None:
    if found.retired_links:
        ended = [
            {"id": key, "retired_at": at, "retired_because": why} for key, why in found.retired_links.items()
        ]
        await session.execute(update(AssetLink), ended)
    if not found.links and not found.successors:
        return
    ids = {row["uid"]: row["id"] for row in (await session.execute(identities())).mappings()}
    if found.links:
        rows = [_link_row(link, found.listing_ids, ids, at) for link in found.links]
        await append(session, AssetLink, rows)
    for retired, successor in found.successors.items():
        given_up = update(Asset).where(col(Asset.uid) == retired)
        await session.execute(given_up.values(successor_id=ids[successor], retired_at=at))


def _link_row(
    link: Link, listing_ids: Mapping[tuple[str, str], int], asset_ids: Mapping[str, int], at: datetime
) -> dict[str, Any]:
    return {
        "listing_id": listing_ids[link.source, link.source_id],
        "asset_id": asset_ids[link.asset_uid],
        "state": link.state,
        "method": link.method,
        "score": link.score,
        "reasons": orjson.dumps(link.reasons).decode(),
        "decided_by": link.decided_by,
        "decided_at": at,
    }


async def next_version(session: AsyncSession, at: datetime) -> int:
    """Count up, and tell whoever listens; they hear of it when the transaction commits. Returns the new version."""
    grown = text(
        "UPDATE dataset_version SET version = version + 1, published_at = :at WHERE id = 1 RETURNING version"
    )
    version: int = (await session.execute(grown, {"at": at})).scalar_one()
    await tell(session, DATASET, version)
    return version
