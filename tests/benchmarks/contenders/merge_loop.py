"""The loop that a FastAPI build would run on its own: fetch the same pages, `session.merge` what they hold, commit.

Run as a program, so that its memory is its own. It stores what ours stores of a first run, payload, listing and
quote, and does none of the rest: no matching, no prices, no history.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, select
from sqlmodel import Session, col

from models.db import psycopg_url
from models.tables import LandedQuote, Listing, RawRecord, Run, Source

MARKETS = {
    "vs_currency": "usd", "order": "market_cap_desc", "per_page": "250", "page": "1", "precision": "full",
    "price_change_percentage": "1h,24h,7d",
}  # fmt: skip
NAMED = {"User-Agent": "merge-loop/1.0"}
"""CoinGecko turns away whoever does not say who it is."""
Coin = dict[str, Any]


async def fetch(sandbox: str, top_n: int) -> dict[str, list[Coin]]:
    """Fetch what ours fetches for quotes, all at once."""
    async with httpx.AsyncClient(base_url=sandbox, timeout=60, headers=NAMED) as client:
        markets, tickers = await asyncio.gather(
            client.get("/coingecko/api/v3/coins/markets", params=MARKETS),
            client.get("/coinpaprika/v1/tickers"),
        )
    return {"coingecko": _json(markets), "coinpaprika": _json(tickers)[:top_n]}


def _json(answer: httpx.Response) -> list[Coin]:
    found: list[Coin] = answer.raise_for_status().json(parse_float=Decimal)
    return found


def from_csv(path: Path) -> list[Coin]:
    """Read CoinCap's file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def store(session: Session, source: str, coins: Iterable[Coin], run_id: int, at: datetime) -> int:
    """Merge every coin of a source; returns how many."""
    stored = 0
    for coin in coins:
        price = _price(coin)
        if price is None:
            continue
        known = session.scalar(
            select(Listing).where(col(Listing.source) == source, col(Listing.source_id) == coin["id"])
        )
        listing = session.merge(
            Listing(
                id=known.id if known else None,
                source=source,
                source_id=coin["id"],
                symbol=coin["symbol"],
                name=coin["name"],
                created_at=at,
                updated_at=at,
            )
        )
        session.flush()
        session.merge(LandedQuote(listing_id=listing.id, price_usd=price, rank=_rank(coin), fetched_at=at))
        _keep_raw(session, source, coin, run_id, at)
        stored += 1
    session.commit()
    return stored


def _price(coin: Coin) -> Decimal | None:
    told = coin.get("current_price") or coin.get("priceUsd") or coin.get("price_usd")
    if told is None and "quotes" in coin:
        told = coin["quotes"]["USD"]["price"]
    price = Decimal(str(told)) if told else None
    return price or None


def _rank(coin: Coin) -> int | None:
    told = coin.get("market_cap_rank") or coin.get("rank")
    return int(told) if told else None


def _keep_raw(session: Session, source: str, coin: Coin, run_id: int, at: datetime) -> None:
    """Keep what was received, once."""
    plain = {name: str(value) for name, value in coin.items()}
    digest = hashlib.sha256(repr(plain).encode()).digest()
    same = (
        col(RawRecord.source) == source,
        col(RawRecord.record_id) == coin["id"],
        col(RawRecord.content_hash) == digest,
    )
    if session.scalar(select(RawRecord.id).where(col(RawRecord.feed) == "quotes", *same)) is None:
        record = {"source": source, "feed": "quotes", "record_id": coin["id"], "payload": plain}
        session.add(RawRecord(**record, content_hash=digest, fetched_at=at, run_id=run_id))


def main(sandbox: str, csv_file: str, top_n: str) -> None:
    """Run once, and print how many coins were stored."""
    at = datetime.now(UTC)
    pages = asyncio.run(fetch(sandbox, int(top_n))) | {"coincap": from_csv(Path(csv_file))}
    engine = create_engine(psycopg_url(os.environ["DATABASE_URL"]))
    with Session(engine) as session:
        for name in pages:
            session.merge(Source(name=name, title=name, registered_at=at))
        run = Run(flow="etl", outcome="running", started_at=at)
        session.add(run)
        session.commit()
        stored = sum(store(session, name, coins, run.id or 0, at) for name, coins in pages.items())
        run.outcome, run.finished_at, run.fetched = "success", datetime.now(UTC), stored
        session.commit()
    sys.stdout.write(f"{stored}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
