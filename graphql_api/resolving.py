"""Strawberry's own way to what stands behind a field: one reading after the other, each below all of its parents at once.

It answers whatever the planner leaves to it, and everything that mutations and subscriptions show. To it an object of
the schema is the row that stands behind it: fields without a method are looked up in the row by their names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

import strawberry

from graphql_api.context import Context, Info
from graphql_api.paging import connect
from graphql_api.planner.readings import Call, Check, Elements, Found, Page, Part
from graphql_api.planner.rows import Row

Method = TypeVar("Method", bound=Callable[..., object])
T = TypeVar("T")


def planned(description: str) -> Callable[[Method], Method]:
    """Make a method that answers with a reading the resolver of a described field."""

    def as_field(method: Method) -> Method:
        @wraps(method)
        async def resolve(self: object, info: Info, **arguments: object) -> object:
            return await carry_out(method(self, info, **arguments), self, info.context)

        resolve.reading = method  # type: ignore[attr-defined] # where the planner finds it
        return cast("Method", strawberry.field(resolve, description=description))

    return as_field


def told_as(of: type[T], row: Row) -> T:
    """Take a row for the object that it stands behind, where one is handed to Strawberry."""
    del of
    return cast("T", row)


async def carry_out(reading: object, parent: object, context: Context) -> object:
    """Read what a reading stands for. What is no reading is the answer itself."""
    match reading:
        case Found():
            return await _find(reading, parent, context)
        case Page():
            return await connect(context, reading)
        case Part():
            is_given = reading.given is None or getattr(parent, reading.given) is not None
            return PartOfRow(parent, reading) if is_given else None
        case Elements():
            return [reading.read(each) for each in getattr(parent, reading.column)]
    return reading


@dataclass(frozen=True, slots=True)
class PartOfRow:
    """An object out of a larger row."""

    row: object
    part: Part

    def __getattr__(self, name: str) -> object:
        """Look a field up in the row."""
        return getattr(self.row, self.part.column(name))


async def _find(reading: Found, parent: object, context: Context) -> object:
    if reading.check is not None:
        await _require(reading.check, context)
    found: list[Any] = list(await _rows(reading.call, reading.below, parent, context))
    if reading.column is not None:
        found = [getattr(row, reading.column) for row in found]
    return found if reading.is_many else next(iter(found), None)


async def _rows(call: Call, below: str | None, parent: object, context: Context) -> list[Row]:
    if below is None:
        return list(await context.rows.all(call.rows()))
    key = getattr(parent, below)
    return [] if key is None else await context.children(call, key)


async def _require(check: Check, context: Context) -> None:
    row = (await context.once(check.call))[0]
    if not getattr(row, check.column):
        raise check.refuse(row)
