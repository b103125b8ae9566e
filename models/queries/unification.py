"""What unification starts from: listings with landed quotes, and everything decided before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, func, or_, select, text, true

from models.outcomes import RunOutcome
from models.queries.holds import kept_out
from models.queries.tables import (
    ADDRESSES,
    ASSETS,
    CHECKPOINTS,
    HELD,
    LANDED,
    LINKS,
    LISTINGS,
    POINTS,
    RUNS,
    SOURCES,
)


def landed_listings() -> Select[Any]:
    """Every listing with its live addresses and its newest landed quote, and why a newer one is held: by source and id, those with a quote first."""
    addresses = (
        select(func.coalesce(func.array_agg(ADDRESSES.c.caip19), text("'{}'")))
        .where(ADDRESSES.c.listing_id == LISTINGS.c.id, ADDRESSES.c.retired_at.is_(None))
        .scalar_subquery()
    )
    numbers = [column for column in LANDED.c if column.name != "listing_id"]
    listing = [
        LISTINGS.c[name]
        for name in ("id", "source", "source_id", "symbol", "name", "kind", "is_active", "image_url")
    ]
    return (
        select(*listing, addresses.label("addresses"), *numbers, HELD.c.detail.label("held_because"))
        .outerjoin(LANDED, LANDED.c.listing_id == LISTINGS.c.id)
        .outerjoin(HELD, (HELD.c.listing_id == LISTINGS.c.id) & kept_out())
        .order_by(LANDED.c.listing_id.is_(None), LISTINGS.c.source, LISTINGS.c.source_id)
    )


def recent_medians(listing_ids: Sequence[int], since: datetime) -> Select[tuple[int, Decimal]]:
    """Each listing's median price since then, without its newest: (listing, price), for those that have one."""
    newest = func.coalesce(LANDED.c.source_updated_at, LANDED.c.fetched_at)
    median = func.percentile_disc(0.5).within_group(POINTS.c.price_usd)
    return (
        select(POINTS.c.listing_id, median)
        .join(LANDED, LANDED.c.listing_id == POINTS.c.listing_id)
        .where(
            POINTS.c.listing_id.in_(listing_ids),
            POINTS.c.observed_at >= since,
            POINTS.c.observed_at < newest,
        )
        .group_by(POINTS.c.listing_id)
    )


def sources_standing_still(since: datetime, fresh_from: datetime, quorum: int) -> Select[tuple[str]]:
    """Select sources whose quotes are fresh and newer than `since`, `quorum` at least, but with the numbers of then.

    What it had then is its last point of the day before; a quote without one is news.
    """
    at = func.coalesce(LANDED.c.source_updated_at, LANDED.c.fetched_at)
    fresh = (
        LANDED.join(LISTINGS, LISTINGS.c.id == LANDED.c.listing_id),
        (LISTINGS.c.source == SOURCES.c.name, at >= fresh_from, at > since),
    )
    then = (
        select(POINTS)
        .where(
            POINTS.c.listing_id == LANDED.c.listing_id,
            POINTS.c.observed_at <= since,
            POINTS.c.observed_at > since - timedelta(days=1),
        )
        .order_by(POINTS.c.observed_at.desc())
        .limit(1)
        .lateral("then")
    )
    numbers = ("price_usd", "market_cap_usd", "volume_usd_24h")
    moved = or_(*(LANDED.c[name].is_distinct_from(then.c[name]) for name in numbers))
    some = select(LANDED.c.listing_id).select_from(fresh[0]).where(*fresh[1]).limit(quorum)
    count = select(func.count()).select_from(some.correlate(SOURCES).subquery()).scalar_subquery()
    news = select(LANDED.c.listing_id).select_from(fresh[0].outerjoin(then, true())).where(*fresh[1], moved)
    return (
        select(SOURCES.c.name)
        .where(count >= quorum, ~news.correlate(SOURCES).exists())
        .order_by(SOURCES.c.name)
    )


def sources_without_news(since: datetime) -> Select[tuple[str]]:
    """Select sources that tell times, were asked with success before `since` and after, and have no quote of a time after."""
    newest = (
        select(func.max(LANDED.c.source_updated_at))
        .join(LISTINGS, LISTINGS.c.id == LANDED.c.listing_id)
        .where(LISTINGS.c.source == SOURCES.c.name)
        .scalar_subquery()
    )
    asked = select(RUNS.c.id).where(
        RUNS.c.source == SOURCES.c.name,
        RUNS.c.flow == "ingest",
        RUNS.c.outcome.in_([RunOutcome.SUCCESS, RunOutcome.PARTIAL]),
    )
    before, after = asked.where(RUNS.c.started_at <= since), asked.where(RUNS.c.started_at > since)
    silent = (newest <= since, before.exists(), after.exists())
    return select(SOURCES.c.name).where(*silent).order_by(SOURCES.c.name)


def is_anything_published() -> Select[tuple[bool]]:
    """Select whether there ever was an asset."""
    return select(select(ASSETS.c.id).exists())


def feeds_heard() -> Select[tuple[str, str]]:
    """Select the feeds, each with its source, that were read to their end once."""
    return select(CHECKPOINTS.c.source, CHECKPOINTS.c.feed).where(CHECKPOINTS.c.completed_at.is_not(None))


def first_heard_at() -> Select[tuple[datetime | None]]:
    """Select when a run first brought in something of a source."""
    came = RUNS.c.outcome.in_([RunOutcome.SUCCESS, RunOutcome.PARTIAL])
    return select(func.min(RUNS.c.finished_at)).where(RUNS.c.flow == "ingest", came)


def live_links() -> Select[Any]:
    """Every link that holds, with the names that its listing and asset go by outside."""
    return (
        select(
            LINKS.c.id, LISTINGS.c.source, LISTINGS.c.source_id, ASSETS.c.uid.label("asset_uid"),
            LINKS.c.state, LINKS.c.method, LINKS.c.score, LINKS.c.reasons, LINKS.c.decided_by,
        )
        .join(LISTINGS, LISTINGS.c.id == LINKS.c.listing_id)
        .join(ASSETS, ASSETS.c.id == LINKS.c.asset_id)
        .where(LINKS.c.retired_at.is_(None))
        .order_by(LINKS.c.id)
    )  # fmt: skip


def identities() -> Select[Any]:
    """Every uid ever published, with the uid that answers for it now."""
    successor = ASSETS.alias("successor")
    return (
        select(
            ASSETS.c.id, ASSETS.c.uid, ASSETS.c.symbol, ASSETS.c.name, successor.c.uid.label("successor_uid")
        )
        .outerjoin(successor, successor.c.id == ASSETS.c.successor_id)
        .order_by(ASSETS.c.uid)
    )
