"""A small market in a test's database, decided about and published without any provider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from flows.guarding import land
from flows.unification import PublishReport, unify_and_publish
from flows.workshop import Workshop
from models.db import Sessions
from models.records import Listing, Quote
from models.store.listings import land_listings, listing_ids
from models.store.months import make_room
from models.store.sources import register_sources

NOW = datetime.now(UTC).replace(microsecond=0)
Coin = tuple[str, str, str, str, str | None]
"""(source, source_id, symbol, name, price); a price of None: listed, but not quoted."""

LIVE = """
SELECT l.source, l.source_id, a.uid, k.state, k.decided_by FROM asset_links k
JOIN listings l ON l.id = k.listing_id JOIN assets a ON a.id = k.asset_id WHERE k.retired_at IS NULL ORDER BY 1, 2, 3
"""
UIDS = "SELECT a.uid, s.uid FROM assets a LEFT JOIN assets s ON s.id = a.successor_id ORDER BY 1"


@dataclass(frozen=True, slots=True)
class World:
    """The market and the workshop that publishes it."""

    shop: Workshop

    @property
    def sessions(self) -> Sessions:
        """The database's sessions."""
        return self.shop.sessions

    async def land(self, *coins: Coin, at: datetime = NOW) -> None:
        """Bring in listings, with a quote each where they have a price."""
        for source in sorted({coin[0] for coin in coins}):
            await self._land(source, [coin for coin in coins if coin[0] == source], at)

    async def _land(self, source: str, coins: Sequence[Coin], at: datetime) -> None:
        listings = [Listing(source, key, symbol=symbol, name=name) for _, key, symbol, name, _ in coins]
        quotes = [
            Quote(source, key, fetched_at=at, price_usd=Decimal(price), source_updated_at=at)
            for _, key, _, _, price in coins
            if price is not None
        ]
        await make_room(self.sessions, [at])
        async with self.sessions.begin() as session:
            await register_sources(session, {source: source.title()}, NOW - timedelta(days=1))
            await land_listings(session, source, listings, at)
            ids = await listing_ids(session, source, [listing.source_id for listing in listings])
            await land(session, quotes, ids, at)

    async def publish(self) -> PublishReport:
        """Match, price and publish."""
        return await unify_and_publish(self.shop)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Read rows."""
        async with self.sessions() as session:
            return [tuple(row) for row in await session.execute(text(statement))]

    async def accepted(self) -> dict[tuple[str, str], str]:
        """Tell which asset each listing is."""
        return {(row[0], row[1]): row[2] for row in await self.rows(LIVE) if row[3] == "accepted"}

    async def numbers(self, uid: str) -> tuple[Decimal | None, str | None, list[dict[str, Any]]]:
        """Tell an asset's price, its method and its inputs."""
        ((price, method, inputs),) = await self.rows(
            f"SELECT price_usd, price_method, price_inputs FROM assets WHERE uid = '{uid}'"
        )
        return price, method, inputs
