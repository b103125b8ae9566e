"""Which assets: by uid, by a source's own id, or many by filter and order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, exists, func, literal, select, true

from models.outcomes import LinkState
from models.queries.links import holds, joined
from models.queries.names import Part, contains
from models.queries.paging import Order, Parents, Rows, among
from models.queries.rates import in_dollars, prices_in
from models.queries.staleness import is_stale
from models.queries.tables import ASSETS, LINKS, LISTINGS

_TOLD = {  # an asset's columns that depend on the currency, by those of `prices_in`
    "price_amount": "amount",
    "price_rate": "rate",
    "price_rate_as_of": "rate_as_of",
    "price_reason": "reason",
}


class AssetState(StrEnum):
    """How an asset stands. One in review is active too: in doubt is only whether some listing is it."""

    ACTIVE = "active"
    IN_REVIEW = "in_review"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """What an asset must be; None asks nothing, but retired ones must be asked for."""

    source: str | None = None
    symbol: str | None = None
    name_contains: Part | None = None
    uids: tuple[str, ...] | None = None
    min_rank: int | None = None
    max_rank: int | None = None
    min_market_cap_usd: Decimal | None = None
    stale: bool | None = None
    state: AssetState | None = None


class AssetOrder(Enum):
    """The orders assets can be asked for in: nulls last, ties by uid."""

    MARKET_CAP_DESC = Order(ASSETS.c.market_cap_usd, ASSETS.c.uid, descending=True)
    MARKET_CAP_ASC = Order(ASSETS.c.market_cap_usd, ASSETS.c.uid)
    RANK_ASC = Order(ASSETS.c.rank, ASSETS.c.uid)
    RANK_DESC = Order(ASSETS.c.rank, ASSETS.c.uid, descending=True)
    PRICE_DESC = Order(ASSETS.c.price_usd, ASSETS.c.uid, descending=True)
    PRICE_ASC = Order(ASSETS.c.price_usd, ASSETS.c.uid)
    CHANGE_24H_DESC = Order(ASSETS.c.percent_change_24h, ASSETS.c.uid, descending=True)
    CHANGE_24H_ASC = Order(ASSETS.c.percent_change_24h, ASSETS.c.uid)
    NAME_ASC = Order(ASSETS.c.name, ASSETS.c.uid, nullable=False)
    NAME_DESC = Order(ASSETS.c.name, ASSETS.c.uid, descending=True, nullable=False)
    UPDATED_DESC = Order(ASSETS.c.updated_at, ASSETS.c.uid, descending=True, nullable=False)
    UPDATED_ASC = Order(ASSETS.c.updated_at, ASSETS.c.uid, nullable=False)


def assets(wanted: AssetFilter, stale_before: datetime) -> Rows:
    """Select every asset that fits the filter, in no order."""
    rows = _assets(stale_before).where(_is(wanted.state))
    if wanted.source is not None:
        rows = rows.where(_listed_by(wanted.source))
    if wanted.symbol is not None:
        rows = rows.where(func.upper(ASSETS.c.symbol) == func.upper(wanted.symbol))
    if wanted.name_contains is not None:
        rows = rows.where(contains(ASSETS.c.name, wanted.name_contains))
    if wanted.uids is not None:
        rows = rows.where(among(ASSETS.c.uid, wanted.uids))
    if wanted.min_rank is not None:
        rows = rows.where(ASSETS.c.rank >= wanted.min_rank)
    if wanted.max_rank is not None:
        rows = rows.where(ASSETS.c.rank <= wanted.max_rank)
    if wanted.min_market_cap_usd is not None:
        rows = rows.where(ASSETS.c.market_cap_usd >= wanted.min_market_cap_usd)
    if wanted.stale is not None:
        rows = rows.where(is_stale(ASSETS.c.price_as_of, stale_before).is_(wanted.stale))
    return rows


def asset_by_uid(uid: str, stale_before: datetime) -> Rows:
    """Select the asset of that uid; for one that was merged away, the asset it became."""
    return _assets(stale_before).where(ASSETS.c.id.in_(current_asset(uid)))


def asset_told_in(uid: str, code: str | None, stale_before: datetime) -> Rows:
    """Select the asset of that uid as `asset_by_uid` does, its price told in a currency; None: dollars."""
    asset = asset_by_uid(uid, stale_before)
    if code is None:
        return asset
    row = asset.subquery("asset")
    told = prices_in(row.c.id, code=code, stale_before=stale_before).lateral("told")
    kept = (column for column in row.c if column.name not in {*_TOLD, "price_currency"})
    prices = (told.c[name].label(column) for column, name in _TOLD.items())
    return select(*kept, literal(code, String).label("price_currency"), *prices).select_from(
        row.outerjoin(told, true())
    )


def current_asset(uid: str | ColumnElement[str]) -> Select[tuple[int]]:
    """Select the key of the asset that answers to a uid today."""
    chain = select(ASSETS.c.id, ASSETS.c.successor_id).where(ASSETS.c.uid == uid).cte("chain", recursive=True)
    # UNION without ALL ends the walk should successors ever form a ring.
    chain = chain.union(
        select(ASSETS.c.id, ASSETS.c.successor_id).join(chain, ASSETS.c.id == chain.c.successor_id)
    )
    return select(chain.c.id).where(chain.c.successor_id.is_(None))


def assets_by_key(asset_ids: Parents[int], *, stale_before: datetime) -> Rows:
    """Select the assets of those keys, each as its own `parent`."""
    return _assets(stale_before).add_columns(ASSETS.c.id.label("parent")).where(among(ASSETS.c.id, asset_ids))


def successors_of(asset_ids: Parents[int], *, stale_before: datetime) -> Rows:
    """Select what each retired asset became in the end, with `parent`."""
    chain = select(ASSETS.c.id.label("parent"), ASSETS.c.successor_id).where(among(ASSETS.c.id, asset_ids))
    walk = chain.cte("chain", recursive=True)
    # As in `current_asset`, a ring of successors ends the walk.
    walk = walk.union(
        select(walk.c.parent, ASSETS.c.successor_id).join(walk, ASSETS.c.id == walk.c.successor_id)
    )
    return (
        _assets(stale_before)
        .add_columns(walk.c.parent)
        .join(walk, and_(walk.c.successor_id == ASSETS.c.id, ASSETS.c.successor_id.is_(None)))
    )


def asset_by_listing(source: str, source_id: str, stale_before: datetime) -> Rows:
    """Select the asset that a source's own id was accepted for."""
    asset_id = (
        select(LINKS.c.asset_id)
        .select_from(joined(holds()))
        .where(LISTINGS.c.source == source, LISTINGS.c.source_id == source_id)
    )
    return _assets(stale_before).where(ASSETS.c.id.in_(asset_id))


def asset_columns(stale_before: datetime) -> list[ColumnElement[Any]]:
    """Return the columns of an asset as readers know them: with `price_stale`, and the price told in dollars."""
    return [
        *ASSETS.c,
        is_stale(ASSETS.c.price_as_of, stale_before).label("price_stale"),
        *(column.label(f"price_{name}") for name, column in in_dollars(ASSETS.c.price_usd).items()),
    ]


def _assets(stale_before: datetime) -> Rows:
    return select(*asset_columns(stale_before))


def _is(state: AssetState | None) -> ColumnElement[bool]:
    if state is AssetState.RETIRED:
        return ASSETS.c.retired_at.is_not(None)
    standing = ASSETS.c.retired_at.is_(None)
    doubt = and_(LINKS.c.state == LinkState.REVIEW, LINKS.c.retired_at.is_(None))
    in_doubt = exists().where(LINKS.c.asset_id == ASSETS.c.id, doubt)
    return and_(standing, in_doubt) if state is AssetState.IN_REVIEW else standing


def _listed_by(source: str) -> ColumnElement[bool]:
    listed = select(LINKS.c.id).select_from(joined(holds()))
    return exists(listed.where(LINKS.c.asset_id == ASSETS.c.id, LISTINGS.c.source == source))
