"""Bulk writing against a model of it in plain Python: what is new, changed, unchanged, kept and left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from flows import wire
from models.db import Sessions
from models.outcomes import RunOutcome
from models.records import Counts, RawRecord
from models.store.bulk import Rule, add_missing, merge
from models.store.records import keep_raw
from models.store.runs import start_run
from models.store.sources import register_sources
from models.tables import Listing, Run

AT = datetime(2026, 6, 26, tzinfo=UTC)
RULE = Rule(
    ("source", "source_id"), silent=("updated_at",), on_insert=("created_at",), unsaid=("symbol", "name")
)
Kept = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Said:
    """What one write says of one listing."""

    source_id: str
    symbol: str | None
    name: str | None
    image_url: str | None


def batches() -> st.SearchStrategy[list[list[Said]]]:
    """A few writes, each naming an id once."""
    said = st.builds(
        Said,
        st.sampled_from("abcd"),
        st.none() | st.sampled_from(["X", "Y", ""]),
        st.none() | st.sampled_from(["Ex", "Why", "€ 💵"]),
        st.none() | st.sampled_from(["https://a", "https://b"]),
    )
    return st.lists(st.lists(said, max_size=4, unique_by=lambda one: one.source_id), min_size=1, max_size=5)


def _row(said: Said, at: datetime) -> dict[str, Any]:
    told = {"symbol": said.symbol, "name": said.name, "image_url": said.image_url}
    return {"source": "toy", "source_id": said.source_id, **told, "created_at": at, "updated_at": at}


def _modelled(kept: Kept, brought: list[dict[str, Any]]) -> Counts:
    """Do to a dictionary what `merge` does to the table."""
    counts = Counts()
    for row in brought:
        known = kept.get(row["source_id"])
        if known is None:
            kept[row["source_id"]] = dict(row)
            counts += Counts(new=1)
            continue
        after = {**row, "created_at": known["created_at"]}
        after |= {name: known[name] for name in RULE.unsaid if row[name] is None}
        is_changed = any(after[name] != known[name] for name in ("symbol", "name", "image_url"))
        if is_changed:
            kept[row["source_id"]] = after
        counts += Counts(changed=1) if is_changed else Counts(unchanged=1)
    return counts


@asynccontextmanager
async def _emptied(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """Open a transaction on an empty table of listings."""
    async with sessions.begin() as session:
        await register_sources(session, {"toy": "Toy"}, AT)
        await session.execute(delete(Listing))
        yield session


async def _table(session: AsyncSession, columns: tuple[str, ...]) -> Kept:
    found = (await session.execute(select(*(getattr(Listing, name) for name in columns)))).mappings()
    return {row["source_id"]: dict(row) for row in found}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(writes=batches())
async def test_merging_does_what_the_model_does(sessions: Sessions, writes: list[list[Said]]) -> None:
    kept: Kept = {}
    async with _emptied(sessions) as session:
        for number, write in enumerate(writes):
            rows = [_row(said, AT + timedelta(minutes=number)) for said in write]
            counts = await merge(session, Listing, rows, RULE)
            assert counts == _modelled(kept, rows)
            assert counts.new + counts.changed + counts.unchanged == len(rows)
            again = await merge(session, Listing, rows, RULE)
            assert again == Counts(unchanged=len(rows)), "writing the same again is no change"
        columns = ("source", "source_id", "symbol", "name", "image_url", "created_at", "updated_at")
        assert await _table(session, columns) == kept


async def test_a_difference_in_a_silent_column_alone_is_no_change(sessions: Sessions) -> None:
    async with _emptied(sessions) as session:
        row = _row(Said("a", "A", "Name", None), AT)
        await merge(session, Listing, [row], RULE)
        later = {**row, "updated_at": AT + timedelta(days=1), "created_at": AT + timedelta(days=1)}
        assert await merge(session, Listing, [later], RULE) == Counts(unchanged=1)
        assert await _table(session, ("source_id", "updated_at")) == {
            "a": {"source_id": "a", "updated_at": AT}
        }


async def test_a_change_that_does_not_meet_the_condition_is_none(sessions: Sessions) -> None:
    rule = Rule(("source", "source_id"), when="s.updated_at >= t.updated_at")
    async with _emptied(sessions) as session:
        await merge(session, Listing, [_row(Said("a", "A", None, None), AT)], rule)
        older = _row(Said("a", "OLD", None, None), AT - timedelta(days=1))
        assert await merge(session, Listing, [older], rule) == Counts(unchanged=1)
        newer = _row(Said("a", "NEW", None, None), AT + timedelta(days=1))
        assert await merge(session, Listing, [newer], rule) == Counts(changed=1)


async def test_what_is_missing_is_added_and_the_rest_left_alone(sessions: Sessions) -> None:
    key = ("source", "source_id")
    async with _emptied(sessions) as session:
        assert await add_missing(session, Listing, [], key) == 0
        assert await add_missing(session, Listing, [_row(Said("a", "A", None, None), AT)], key) == 1
        both = [_row(Said("a", "OTHER", None, None), AT), _row(Said("b", "B", None, None), AT)]
        assert await add_missing(session, Listing, both, key) == 1
        found = await _table(session, ("source_id", "symbol"))
        assert {source_id: row["symbol"] for source_id, row in found.items()} == {"a": "A", "b": "B"}


async def test_nothing_brought_is_nothing_done(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        assert await merge(session, Listing, [], RULE) == Counts()


def _raw(value: object) -> RawRecord:
    payload = wire.encode(value)
    return RawRecord("toy", "quotes", "id", payload, wire.hash_of(payload), AT)


@pytest.mark.parametrize(
    "value",
    [
        [Decimal("1E+131071"), Decimal("1E-16383"), Decimal("1E+131072"), Decimal("1E-16384")],
        {"nul": "\x00", "half": "\ud800", "emoji": "💵", "\x00": 1},
        {"exact": Decimal("59902.110000000000582077"), "tiny": Decimal("9.447100360921052E-8")},
        Decimal(123456789012345678901234567890),
        None,
        "x" * 100_000,
        wire.decode(b"[" * 190 + b"]" * 190),
        wire.decode(b"[" * 240 + b"]" * 240),
    ],
    ids=["numbers at the edge", "texts", "digits", "whole", "null", "long", "nested", "too nested"],
)  # fmt: skip
async def test_whatever_was_received_can_be_kept_once(sessions: Sessions, value: object) -> None:
    async with sessions.begin() as session:
        await register_sources(session, {"toy": "Toy"}, AT)
        run_id = await start_run(session, Run(flow="ingest", outcome=RunOutcome.RUNNING, started_at=AT))
        one, same = await keep_raw(session, [_raw(value), _raw(value)], run_id)
        assert one == same
        assert await keep_raw(session, [_raw(value)], run_id) == [one]
