"""Deciding and publishing, plain async: what has landed is matched, priced and made visible at once. No Prefect here.

The clock of a publication is the newest thing that landed, not the wall's: so a second run on the same landed quotes
finds the same and publishes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from flows.matching.entries import Entry, Key, Prior, Resolution, observed_at
from flows.matching.merge import MergedAsset, merge_asset, unify_price
from flows.matching.resolve import resolve
from flows.workshop import Workshop, begin_run, now
from models.outcomes import LinkState, ListingKind, RunOutcome
from models.queries.unification import identities, landed_listings, live_links
from models.records import AssetIdentity, Counts, Link, Listing, Quote, UnifiedPrice
from models.store.publish import Publication, publish, publishing
from models.store.quotes import NUMBERS
from models.store.runs import finish_run

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a publication did, in assets and links."""

    version: int
    assets: Counts
    listings: int
    in_review: int
    conflicts: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Landed:
    """Everything unification starts from, in one snapshot."""

    as_of: datetime
    """When the newest of it landed: the publication's clock."""
    entries: Sequence[Entry]
    prior: Prior
    listing_ids: Mapping[Key, int]
    link_ids: Mapping[tuple[str, str, str, str], int]


async def unify_and_publish(shop: Workshop, parent_id: int | None = None) -> PublishReport:
    """Match what has landed, price it, and publish the difference; nothing changed means no new version."""
    began = now()
    window = timedelta(seconds=shop.settings.fresh_for_seconds)
    async with publishing(shop.sessions) as session:
        run_id = await begin_run(shop, "unify", parent_id=parent_id)
        landed = await _landed(session, window)
        resolution = resolve(landed.entries, landed.prior)
        found = _publication(landed, resolution, window)
        version, assets = await publish(session, found, now())
    async with shop.sessions.begin() as session:
        await finish_run(session, run_id, RunOutcome.SUCCESS, now(), dataset_version=version)
    report = PublishReport(
        version,
        assets,
        listings=len(landed.entries),
        in_review=len(resolution.review),
        conflicts=tuple(conflict.detail for conflict in resolution.conflicts),
        seconds=(now() - began).total_seconds(),
    )
    log.info("published", version=version, new=assets.new, changed=assets.changed, in_review=report.in_review)
    return report


async def _landed(session: AsyncSession, window: timedelta) -> Landed:
    rows = (await session.execute(landed_listings())).mappings().all()
    links = (await session.execute(live_links())).mappings().all()
    known = (await session.execute(identities())).mappings().all()
    as_of = max((row["fetched_at"] for row in rows), default=now())
    prior = Prior(
        links=[_link(row) for row in links],
        assets=[AssetIdentity(row["uid"], row["symbol"], row["name"]) for row in known],
        successors={row["uid"]: row["successor_uid"] for row in known if row["successor_uid"]},
    )
    return Landed(
        as_of=as_of,
        entries=[_entry(row, as_of - window) for row in rows],
        prior=prior,
        listing_ids={(row["source"], row["source_id"]): row["id"] for row in rows},
        link_ids={
            (*_link_key(link), link.state): row["id"] for link, row in zip(prior.links, links, strict=True)
        },
    )


def _entry(row: RowMapping, fresh_from: datetime) -> Entry:
    listing = Listing(
        row["source"],
        row["source_id"],
        symbol=row["symbol"],
        name=row["name"],
        kind=ListingKind(row["kind"]) if row["kind"] else None,
        is_active=row["is_active"],
        image_url=row["image_url"],
        addresses=tuple(row["addresses"]),
    )
    quote = Quote(row["source"], row["source_id"], **{name: row[name] for name in NUMBERS})
    return Entry(listing, quote, is_fresh=observed_at(quote) >= fresh_from)


def _link(row: RowMapping) -> Link:
    return Link(
        row["source"],
        row["source_id"],
        row["asset_uid"],
        LinkState(row["state"]),
        row["method"],
        row["score"],
        tuple(row["reasons"]),
        row["decided_by"],
    )


def _link_key(link: Link) -> tuple[str, str, str]:
    return link.source, link.source_id, link.asset_uid


def _publication(landed: Landed, resolution: Resolution, window: timedelta) -> Publication:
    """Turn a resolution into the rows that differ from what is there."""
    holding = (*resolution.accepted, *resolution.review)
    return Publication(
        assets=[_row(asset) for asset in _merged(landed, resolution, window)],
        links=[link for link in holding if (*_link_key(link), link.state) not in landed.link_ids],
        retired_links=[
            landed.link_ids[*_link_key(gone.link), gone.link.state] for gone in resolution.retired
        ],
        successors=resolution.successors,
        listing_ids=landed.listing_ids,
    )


def _merged(landed: Landed, resolution: Resolution, window: timedelta) -> list[MergedAsset]:
    entries = {entry.key: entry for entry in landed.entries}
    members: defaultdict[str, list[Entry]] = defaultdict(list)
    for link in resolution.accepted:
        if entry := entries.get((link.source, link.source_id)):
            members[link.asset_uid].append(entry)
    identity = {asset.uid: asset for asset in resolution.assets}
    return [
        merge_asset(identity[uid], mine, unify_price(mine, landed.as_of, window))
        for uid, mine in sorted(members.items())
    ]


def _row(asset: MergedAsset) -> dict[str, Any]:
    """Spell a merged asset in the columns of `assets`."""
    row = asdict(asset) | _price_columns(asset.price)
    del row["price"]
    return row


def _price_columns(price: UnifiedPrice) -> dict[str, Any]:
    inputs = [
        {
            "source": one.source,
            "source_id": one.source_id,
            "price_usd": str(one.price_usd),
            "as_of": one.as_of.isoformat(),
            "is_used": one.is_used,
            "reason": one.reason,
        }
        for one in price.inputs
    ]
    return {
        "price_usd": price.price_usd,
        "price_method": price.method,
        "price_spread": price.spread,
        "price_confidence": price.confidence,
        "price_as_of": price.as_of,
        "price_inputs": inputs,
    }
