"""What a team writes first with Strawberry: ORM rows, a DataLoader for each nested list, one query after another.

With what its documentation recommends for production: parsing and validation cached, uvloop and httptools, a pool
without overflow. The schema has our names, as far as the questions go.
"""

from __future__ import annotations

import base64
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import strawberry
from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import col
from starlette.applications import Starlette
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

from models.db import psycopg_url
from models.tables import Asset as AssetRow
from models.tables import AssetLink, Listing, PricePoint
from models.tables import Quote as QuoteRow

POOL = int(os.environ.get("POOL_SIZE", "20"))
_engine = create_async_engine(psycopg_url(os.environ["DATABASE_URL"]), pool_size=POOL, max_overflow=0)
_sessions = async_sessionmaker(_engine, expire_on_commit=False)
_IS_LINKED = and_(col(AssetLink.state) == "accepted", col(AssetLink.retired_at).is_(None))
POINTS = 250


@strawberry.type
class Price:
    """An asset's unified price."""

    price_usd: Decimal | None


@strawberry.type
class Quote:
    """What a source says of a coin now."""

    source: str
    price_usd: Decimal
    market_cap_usd: Decimal | None
    volume_usd_24h: Decimal | None
    percent_change_24h: Decimal | None
    fetched_at: datetime


@strawberry.type
class Point:
    """What a listing cost at a moment."""

    observed_at: datetime
    price_usd: Decimal
    volume_usd_24h: Decimal | None


@strawberry.type
class Asset:
    """A coin."""

    key: strawberry.Private[int]
    uid: str
    symbol: str | None
    name: str
    rank: int | None
    market_cap_usd: Decimal | None
    percent_change_24h: Decimal | None
    updated_at: datetime
    price: Price

    @strawberry.field
    async def quotes(self, info: strawberry.Info) -> list[Quote]:
        """Load the asset's quotes together with those of all others that are asked for."""
        quotes: list[Quote] = await info.context["quotes"].load(self.key)
        return quotes

    @strawberry.field
    async def history(self, first: int = 100) -> list[Point]:
        """Read the asset's newest points."""
        newest = (
            select(PricePoint)
            .join(AssetLink, col(AssetLink.listing_id) == col(PricePoint.listing_id))
            .join(Listing, col(Listing.id) == col(PricePoint.listing_id))
            .where(col(AssetLink.asset_id) == self.key, _IS_LINKED)
            .order_by(col(PricePoint.observed_at).desc(), col(Listing.source), col(Listing.source_id))
            .limit(min(first, POINTS))
        )
        async with _sessions() as session:
            rows = (await session.scalars(newest)).all()
        return [Point(observed_at=p.observed_at, price_usd=p.price_usd, volume_usd_24h=p.volume_usd_24h) for p in rows]  # fmt: skip

    @classmethod
    def from_row(cls, row: AssetRow) -> Asset:
        """Take an asset's row."""
        return cls(
            key=row.id or 0,
            uid=row.uid,
            symbol=row.symbol,
            name=row.name,
            rank=row.rank,
            market_cap_usd=row.market_cap_usd,
            percent_change_24h=row.percent_change_24h,
            updated_at=row.updated_at,
            price=Price(price_usd=row.price_usd),
        )


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class AssetEdge:
    """An asset with its cursor."""

    cursor: str
    node: Asset


@strawberry.type
class AssetConnection:
    """A page of assets."""

    edges: list[AssetEdge]
    page_info: PageInfo

    @strawberry.field
    def nodes(self) -> list[Asset]:
        """Return the assets without their cursors."""
        return [edge.node for edge in self.edges]


@strawberry.type
class Query:
    """What may be asked."""

    @strawberry.field
    async def asset(self, uid: str) -> Asset | None:
        """Read one asset."""
        async with _sessions() as session:
            row = await session.scalar(select(AssetRow).where(col(AssetRow.uid) == uid))
        return None if row is None else Asset.from_row(row)

    @strawberry.field
    async def assets(self, first: int = 100, after: str | None = None) -> AssetConnection:
        """Read a page, the largest first."""
        cap, uid = col(AssetRow.market_cap_usd), col(AssetRow.uid)
        page = select(AssetRow).where(col(AssetRow.retired_at).is_(None))
        page = page.order_by(cap.desc().nulls_last(), uid).limit(first + 1)
        if after is not None:
            page = page.where(_beyond(*orjson.loads(base64.b64decode(after))))
        async with _sessions() as session:
            rows = (await session.scalars(page)).all()
        edges = [AssetEdge(cursor=_cursor(row), node=Asset.from_row(row)) for row in rows[:first]]
        end = edges[-1].cursor if edges else None
        return AssetConnection(
            edges=edges, page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=end)
        )


def _beyond(cap: str | None, uid: str) -> Any:  # noqa: ANN401 - a condition
    column, tie = col(AssetRow.market_cap_usd), col(AssetRow.uid)
    if cap is None:
        return and_(column.is_(None), tie > uid)
    value = Decimal(cap)
    return or_(column < value, and_(column == value, tie > uid), column.is_(None))


def _cursor(row: AssetRow) -> str:
    cap = None if row.market_cap_usd is None else str(row.market_cap_usd)
    return base64.b64encode(orjson.dumps([cap, row.uid])).decode()


async def _quotes(keys: Sequence[int]) -> list[list[Quote]]:
    of_all = (
        select(AssetLink.asset_id, Listing.source, QuoteRow)
        .join(Listing, col(Listing.id) == col(AssetLink.listing_id))
        .join(QuoteRow, col(QuoteRow.listing_id) == col(AssetLink.listing_id))
        .where(col(AssetLink.asset_id).in_(keys), _IS_LINKED)
        .order_by(col(Listing.source), col(Listing.source_id))
    )
    async with _sessions() as session:
        rows = (await session.execute(of_all)).all()
    found: defaultdict[int, list[Quote]] = defaultdict(list)
    for asset_id, source, row in rows:
        found[asset_id].append(
            Quote(
                source=source,
                price_usd=row.price_usd,
                market_cap_usd=row.market_cap_usd,
                volume_usd_24h=row.volume_usd_24h,
                percent_change_24h=row.percent_change_24h,
                fetched_at=row.fetched_at,
            )
        )
    return [found[key] for key in keys]


class App(GraphQL[Any, Any]):
    """The view, with a loader for each request."""

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:  # noqa: ANN401, ARG002 - Strawberry's signature
        """Give each request a loader of its own."""
        return {"quotes": DataLoader(load_fn=_quotes)}


@asynccontextmanager
async def _lifespan(_app: Starlette) -> AsyncIterator[None]:
    yield
    await _engine.dispose()


_schema = strawberry.Schema(Query, extensions=[ParserCache(maxsize=100), ValidationCache(maxsize=100)])
app = Starlette(lifespan=_lifespan)
app.add_route("/graphql", App(_schema, graphql_ide=None))
