"""Deciding and publishing, plain async: what has landed is matched, priced and made visible at once. No Prefect here.

The clock of a publication is the newest thing that landed, not the wall's: so a second run on the same landed quotes
finds the same and publishes nothing.

Listings without a price are matched too, where they could rival one that has: only among all coins of a source is a
symbol known to be rare. But an asset is published when one of its listings has a price, or when a person should see it
beside one that has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio.to_thread
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from flows.alerting.check import check_alerts
from flows.alerting.delivery import deliver
from flows.alerting.rules import Trust
from flows.alerting.targets import targets_of
from flows.first_publication import waits_for
from flows.frozen import told_of_frozen
from flows.guarding import settle
from flows.landed import Landed, link_id, read_landed
from flows.matching.entries import Entry, Key, Resolution
from flows.matching.merge import MergedAsset, disputed, merge_asset, unify_price
from flows.matching.resolve import resolve
from flows.overrides import Applied, apply_overrides
from flows.workshop import Workshop, begin_run, now
from models.outcomes import LinkState, RunOutcome
from models.queries.unification import recent_medians
from models.records import Counts, Link, UnifiedPrice
from models.store.publish import Publication, publish, publishing
from models.store.runs import finish_run

log = structlog.get_logger(__name__)

_SAID = tuple(part.name for part in fields(MergedAsset) if part.name != "price")

RECENT = timedelta(hours=24)
"""How far back a source's own median looks."""


@dataclass(frozen=True, slots=True)
class PublishReport:
    """What a publication did, in assets and links."""

    version: int = 0
    """0: nothing was ever published."""
    assets: Counts = field(default_factory=Counts)
    listings: int = 0
    in_review: int = 0
    conflicts: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Lines of the overrides file that could not be carried out, sources that stand still, and whom the first publication
    waits for, each with what to do."""
    seconds: float = 0
    alerts: int = 0
    """Price alerts that fired."""
    held: int = 0
    """Quotes that a guard holds."""
    confirmed: int = 0
    """Quotes that were held, and were accepted now."""


async def unify_and_publish(shop: Workshop, parent_id: int | None = None) -> PublishReport:
    """Match what has landed, price it, and publish the difference; nothing changed means no new version."""
    began = now()
    confirmed = await settle(shop.sessions, _window(shop), began)
    async with publishing(shop.sessions) as session:
        run_id = await begin_run(shop, "unify", parent_id=parent_id)
        waits = await waits_for(session, shop, began)
        report = PublishReport(problems=(waits,)) if waits else await _published_now(session, shop, began)
    outcome = RunOutcome.PARTIAL if report.problems else RunOutcome.SUCCESS
    async with shop.sessions.begin() as session:
        told = "; ".join(report.problems) or None
        await finish_run(session, run_id, outcome, now(), error=told, dataset_version=report.version)
    await deliver(shop.sessions, targets_of(shop.settings), now)
    assets = report.assets
    log.info("published", version=report.version, new=assets.new, changed=assets.changed, told=told)
    return replace(report, confirmed=confirmed, seconds=(now() - began).total_seconds())


async def _published_now(session: AsyncSession, shop: Workshop, began: datetime) -> PublishReport:
    """Publish, and see which alerts that fires."""
    window = _window(shop)
    drawn, overrides, version, assets = await _publish(session, shop.settings.data_dir, window, began)
    frozen = await told_of_frozen(session, drawn.frozen, began)
    trust = Trust(now() - window, shop.settings.alert_min_confidence)
    return PublishReport(
        version,
        assets,
        listings=drawn.listings,
        in_review=drawn.in_review,
        conflicts=drawn.conflicts,
        problems=(*overrides.problems, *frozen),
        alerts=await check_alerts(session, trust, version, now()),
        held=drawn.held,
    )


def _window(shop: Workshop) -> timedelta:
    return timedelta(seconds=shop.settings.fresh_for_seconds)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is to be published of what has landed, and what its report tells."""

    publication: Publication
    listings: int
    in_review: int
    conflicts: tuple[str, ...]
    held: int
    frozen: frozenset[str]
    """Sources that say new times, but no new numbers."""


async def _publish(
    session: AsyncSession, folder: Path, window: timedelta, began: datetime
) -> tuple[_Drawn, Applied, int, Counts]:
    """Carry out people's decisions and publish; once more, where what one is about was not there before.

    Returns what was published, what the decisions changed, the dataset's version and what changed in the assets.
    """
    overrides = await apply_overrides(session, folder, began)
    drawn = await _draw(session, window, began)
    version, assets = await publish(session, drawn.publication, now(), is_changed=overrides.changed > 0)
    if overrides.is_early and (overrides := await apply_overrides(session, folder, began)).changed:
        drawn = await _draw(session, window, began)
        version, _ = await publish(session, drawn.publication, now(), is_changed=True)
    return drawn, overrides, version, assets


async def _draw(session: AsyncSession, window: timedelta, began: datetime) -> _Drawn:
    """Match and price what has landed."""
    landed = await read_landed(session, window, otherwise=began)
    resolution = await anyio.to_thread.run_sync(_resolve, landed)
    members = _members(landed, resolution)
    holding = _published(landed, resolution)
    prices = await _prices(session, landed, members, window)
    return _Drawn(
        _publication(landed, resolution, holding, members, prices),
        listings=landed.listings,
        in_review=sum(link.state is LinkState.REVIEW for link in holding),
        conflicts=tuple(conflict.detail for conflict in resolution.conflicts),
        held=sum(entry.held_because is not None for entry in landed.entries),
        frozen=landed.frozen,
    )


def _resolve(landed: Landed) -> Resolution:
    return resolve(landed.matched, landed.prior)


def _members(landed: Landed, resolution: Resolution) -> dict[str, list[Entry]]:
    """Sort listings under the uids that they are accepted for."""
    entries = {entry.key: entry for entry in landed.entries}
    members: defaultdict[str, list[Entry]] = defaultdict(list)
    for link in resolution.accepted:
        if entry := entries.get((link.source, link.source_id)):
            members[link.asset_uid].append(entry)
    return dict(members)


async def _prices(
    session: AsyncSession, landed: Landed, members: Mapping[str, Sequence[Entry]], window: timedelta
) -> dict[str, UnifiedPrice]:
    """Draw every asset's price; where only their own past can judge two that are far apart, it is asked."""
    keys = [key for mine in members.values() for key in disputed(mine, landed.as_of, window)]
    recent = await _recent(session, landed, keys)
    return {uid: unify_price(mine, landed.as_of, window, recent) for uid, mine in members.items()}


async def _recent(session: AsyncSession, landed: Landed, keys: Sequence[Key]) -> Mapping[Key, Decimal]:
    """Find listings' own medians of late."""
    if not keys:
        return {}
    ids = {landed.listing_ids[key]: key for key in keys}
    rows = await session.execute(recent_medians(list(ids), landed.as_of - RECENT))
    return {ids[listing_id]: median for listing_id, median in rows.tuples()}


def _publication(
    landed: Landed,
    resolution: Resolution,
    holding: Sequence[Link],
    members: Mapping[str, Sequence[Entry]],
    prices: Mapping[str, UnifiedPrice],
) -> Publication:
    """Turn a resolution into the rows that differ from what is there. `holding`: the links that are published."""
    shown = {link.asset_uid for link in holding}
    identity = {asset.uid: asset for asset in resolution.assets}
    assets = [
        merge_asset(identity[uid], mine, prices[uid]) for uid, mine in sorted(members.items()) if uid in shown
    ]
    held = {link_id(link) for link in holding}
    gone = [(gone.link, gone.why) for gone in resolution.retired]
    return Publication(
        assets=[_row(asset) for asset in assets],
        links=[link for link in holding if link_id(link) not in landed.link_ids],
        retired_links={
            landed.link_ids[link_id(link)]: why for link, why in gone if link_id(link) not in held
        },
        successors=resolution.successors,
        listing_ids=landed.listing_ids,
    )


def _published(landed: Landed, resolution: Resolution) -> list[Link]:
    """Choose the links that are published: those of assets with a price, and the doubts about these.

    What was published before stays. A doubt brings the asset that it is about along, but not that one's own doubts:
    so the same input publishes the same again.
    """
    quoted = {entry.key for entry in landed.entries if entry.quote}
    own = {(link.source, link.source_id): link.asset_uid for link in resolution.accepted}
    priced = {own[key] for key in quoted}
    about = [
        link
        for link in (*resolution.review, *resolution.rejected)
        if own[link.source, link.source_id] in priced
    ]
    shown = priced | {asset.uid for asset in landed.prior.assets} | {link.asset_uid for link in about}
    return [*(link for link in resolution.accepted if link.asset_uid in shown), *about]


def _row(asset: MergedAsset) -> dict[str, Any]:
    """Spell a merged asset in the columns of `assets`."""
    said = {name: getattr(asset, name) for name in _SAID}
    return said | _price_columns(asset.price)


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
