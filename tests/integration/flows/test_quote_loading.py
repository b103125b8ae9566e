"""Loading quotes: what is there already costs a look and no write, and every value comes back as it was brought."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from models.db import Sessions
from models.records import Counts, Quote
from models.store.bulk import BLOCK, Rule, merge
from models.store.quotes import NUMBERS, land_quotes
from models.store.sources import register_sources
from models.tables import LandedQuote, Listing

AT = datetime(2026, 6, 26, 12, 0, 0, 120_000, tzinfo=UTC)
KEYS = (1, BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK)
"""Keys on both sides of a block's edge."""
Kept = dict[str, Quote]

numbers = st.none() | st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40
)
prices = st.decimals(min_value="1e-30", max_value="1e30", allow_nan=False) | st.sampled_from(
    [Decimal("1E+3"), Decimal("9.447100360921052E-8"), Decimal("1.50"), Decimal("1.5")]
)
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=3))])
times = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=zones)  # noqa: DTZ001 - the zone is drawn
quotes = st.builds(
    Quote,
    st.just("toy"),
    st.sampled_from([str(key) for key in KEYS]),
    price_usd=prices,
    fetched_at=st.sampled_from([AT, AT + timedelta(minutes=1)]),
    market_cap_usd=numbers,
    percent_change_1h=numbers,
    rank=st.none() | st.integers(1, 2**31 - 1),
    source_updated_at=times,
)
pages = st.lists(quotes, max_size=len(KEYS), unique_by=lambda quote: quote.source_id)


@asynccontextmanager
async def _known(
    sessions: Sessions, keys: Sequence[int]
) -> AsyncIterator[tuple[AsyncSession, Mapping[str, int]]]:
    """Open a transaction in which there are listings of these keys, and no quote."""
    async with sessions.begin() as session:
        await register_sources(session, {"toy": "Toy"}, AT)
        await session.execute(delete(LandedQuote))
        await session.execute(delete(Listing))
        added = text(
            "INSERT INTO listings (id, source, source_id, created_at, updated_at)"
            " SELECT key, 'toy', key::text, :at, :at FROM unnest(cast(:keys AS bigint[])) AS key"
        )
        await session.execute(added, {"keys": list(keys), "at": AT})
        yield session, {str(key): key for key in keys}


def _landed(kept: Kept, page: Sequence[Quote]) -> Counts:
    """Do to a dictionary what `land_quotes` does to the table."""
    counts = Counts()
    for quote in page:
        known = kept.get(quote.source_id)
        if known is None:
            kept[quote.source_id], counts = quote, counts + Counts(new=1)
            continue
        times = (known.source_updated_at, quote.source_updated_at)
        is_older = None not in times and quote.source_updated_at < known.source_updated_at  # type: ignore[operator] # both are there
        if is_older or replace(quote, fetched_at=known.fetched_at) == known:
            counts += Counts(unchanged=1)
        else:
            kept[quote.source_id], counts = quote, counts + Counts(changed=1)
    return counts


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(brought=st.lists(pages, min_size=1, max_size=4))
async def test_quotes_land_as_in_a_dictionary(sessions: Sessions, brought: list[list[Quote]]) -> None:
    kept: Kept = {}
    async with _known(sessions, KEYS) as (session, ids):
        for page in brought:
            assert await land_quotes(session, page, ids) == _landed(kept, page)
            assert await land_quotes(session, page, ids) == Counts(unchanged=len(page))
        columns = [getattr(LandedQuote, name) for name in ("listing_id", *NUMBERS)]
        found = {str(row[0]): tuple(row[1:]) for row in await session.execute(select(*columns))}
        assert found == {key: tuple(getattr(quote, name) for name in NUMBERS) for key, quote in kept.items()}


def _page(count: int, minute: int) -> list[Quote]:
    """Make a page of which every number differs from minute to minute."""
    at = AT + timedelta(minutes=minute)
    return [
        Quote(
            "toy",
            str(key),
            price_usd=Decimal(key) / 7 + minute,
            fetched_at=at,
            source_updated_at=at,
            volume_usd_24h=Decimal(minute),
        )
        for key in range(1, count + 1)
    ]


async def test_a_page_that_is_there_already_is_one_look_and_no_write(sessions: Sessions) -> None:
    count = 3 * BLOCK
    async with _known(sessions, range(1, count + 1)) as (session, ids):
        assert await land_quotes(session, _page(count, 0), ids) == Counts(new=count)
    async with sessions.begin() as session:
        later = [replace(quote, fetched_at=AT + timedelta(hours=1)) for quote in _page(count, 0)]
        assert await land_quotes(session, later, ids) == Counts(unchanged=count)
        written = await session.scalar(text("SELECT pg_current_xact_id_if_assigned()::text"))
        assert written is None, "not so much as a temporary table was made"


async def test_only_the_blocks_with_a_change_are_sent_and_only_the_change_is_written(
    sessions: Sessions,
) -> None:
    count = 3 * BLOCK
    async with _known(sessions, range(1, count + 1)) as (session, ids):
        await land_quotes(session, _page(count, 0), ids)
    moved = [
        quote if quote.source_id != "5" else replace(quote, price_usd=Decimal(5)) for quote in _page(count, 0)
    ]
    async with sessions.begin() as session:
        assert await land_quotes(session, reversed(moved), ids) == Counts(changed=1, unchanged=count - 1)
        touched = text("SELECT listing_id FROM landed_quotes WHERE xmin = pg_current_xact_id()::xid")
        assert list(await session.scalars(touched)) == [5]


async def test_a_quote_written_anew_stays_in_its_page_and_no_index_is_told(sessions: Sessions) -> None:
    count, rounds = 2_000, 5
    async with _known(sessions, range(1, count + 1)) as (session, ids):
        await land_quotes(session, _page(count, 0), ids)
    for minute in range(1, rounds + 1):
        async with sessions.begin() as session:
            assert await land_quotes(session, _page(count, minute), ids) == Counts(changed=count)
            await session.execute(text("SELECT pg_stat_force_next_flush()"))
    async with sessions() as session:
        told = text(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'landed_quotes'"
        )
        updated, hot = (await session.execute(told)).one()
    assert updated == count * rounds
    assert hot > 0.9 * updated


@pytest.mark.parametrize(
    "said", ["None", "\\N", "\\None", "\\.", "a\tb\\tc\n\r\\", "", " ", "'; --", "€ 💵", "%s"]
)
async def test_every_text_comes_back_as_it_was_brought(sessions: Sessions, said: str) -> None:
    rule = Rule(("source", "source_id"), on_insert=("created_at", "updated_at"))
    row: dict[str, object] = {
        "source": "toy",
        "source_id": said,
        "name": None,
        "symbol": said,
        "is_active": None,
    }
    row |= {"created_at": AT, "updated_at": AT}
    async with _known(sessions, ()) as (session, _):
        for is_active in (None, False, True):
            row["is_active"] = is_active
            await merge(session, Listing, [row], rule)
            assert await merge(session, Listing, [row], rule) == Counts(unchanged=1)
            found = await session.execute(text("SELECT source_id, name, symbol, is_active FROM listings"))
            assert found.one() == (said, None, said, is_active)
