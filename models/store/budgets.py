"""Keeping what each source may still be asked, one row for all workers.

Every change is a short transaction of its own: the row is locked, moved on by the arithmetic of models/budgets.py and
models/pace.py at the database's own time, and written. A request is put down before it is made, so that a process that
dies has counted it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import TypeVar

from sqlalchemy import bindparam, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models import budgets, pace
from models.budgets import Allowance, Budget, Heard, Spent, Taken, Wait
from models.outcomes import Purpose
from models.pace import Later, PassCost
from models.tables import SourceBudget, metadata

T = TypeVar("T")

_ROWS = metadata.tables[SourceBudget.__tablename__]
_COLUMNS = [_ROWS.c[each.name] for each in fields(Budget)]

_NOW = func.clock_timestamp().label("now")
# Nobody waits for the disk: a power cut may forget what was asked within its last second.
_HASTY = func.set_config("synchronous_commit", "off", true())
_LOCK = select(_NOW, _HASTY, *_COLUMNS).where(_ROWS.c.source == bindparam("of")).with_for_update()
_WRITE = (
    update(_ROWS)
    .where(_ROWS.c.source == bindparam("of"))
    .values({column: bindparam(column.name) for column in _COLUMNS})
)


async def take(
    session: AsyncSession, source: str, allowance: Allowance, purpose: Purpose, hold: int
) -> Taken | Wait | Spent:
    """Take one request of a source, expected to cost `hold`; or say how long to wait, or that there is no more."""
    return await _change(
        session, source, allowance, lambda budget, now: budgets.take(budget, allowance, purpose, hold, now)
    )


async def settle(
    session: AsyncSession, source: str, allowance: Allowance, taken: Taken, heard: Heard
) -> None:
    """Put down what a request really cost, and what its answer said."""
    await _change(
        session,
        source,
        allowance,
        lambda budget, now: (budgets.settle(budget, allowance, taken, heard, now), None),
    )


async def begin_pass(
    session: AsyncSession, source: str, allowance: Allowance, every_seconds: int, *, insists: bool = False
) -> Later | None:
    """Begin a pass of current prices, or say when the next is due."""
    return await _change(
        session,
        source,
        allowance,
        lambda budget, now: pace.begin_pass(budget, allowance, every_seconds, now, insists=insists),
    )


async def end_pass(session: AsyncSession, source: str, allowance: Allowance, cost: PassCost | None) -> None:
    """End a pass: what it cost where it was whole, None where it was not."""
    await _change(
        session, source, allowance, lambda budget, now: (pace.end_pass(budget, allowance, cost, now), None)
    )


async def _change(
    session: AsyncSession,
    source: str,
    allowance: Allowance,
    change: Callable[[Budget, datetime], tuple[Budget, T]],
) -> T:
    row = (await session.execute(_LOCK, {"of": source})).one_or_none()
    if row is None:
        await _open(session, source, allowance)
        row = (await session.execute(_LOCK, {"of": source})).one()
    now, _, *values = row
    before = Budget(*values)
    after, told = change(before, now)
    if after != before:
        await session.execute(_WRITE, {"of": source, **_values(after)})
    return told


async def _open(session: AsyncSession, source: str, allowance: Allowance) -> None:
    now = (await session.execute(select(_NOW))).scalar_one()
    row = {"source": source, **_values(budgets.opened(allowance, now))}
    await session.execute(insert(_ROWS).values(row).on_conflict_do_nothing())


def _values(budget: Budget) -> dict[str, object]:
    return {column.name: getattr(budget, column.name) for column in _COLUMNS}
