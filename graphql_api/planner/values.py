"""The values of a request: what of them shapes its statement, and what only fills it.

Whether a value is null, which enum member or boolean it is, and the size of a page decide which Select is built: how
many rows are wanted decides how Postgres looks for them. Every other value is a hole in the statement that each
request fills with its own: so one statement serves all requests of one shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BigInteger, ColumnElement, DateTime, Float, Interval, Numeric, String, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

from models.queries.paging import Size
from models.readers import Value

DECIDING = (bool, Enum, Size)
MARK = "\0"
"""Stands around a hole's number in compiled SQL, where no text can have it."""
OUTER = -1
"""The number of the hole that takes the column of the statement around."""


class _Kind(NamedTuple):
    """A type of values that fill holes: as SQLAlchemy and as Postgres know it, and how one is handed over."""

    type: TypeEngine[Any]
    name: str
    spell: Callable[[Any], Value]


def _interval(length: timedelta) -> str:
    return f"{length.days} days {length.seconds} seconds {length.microseconds} microseconds"


_KINDS: dict[type[Any], _Kind] = {
    str: _Kind(Text(), "text", str),
    int: _Kind(BigInteger(), "bigint", str),
    float: _Kind(Float(53), "float8", str),
    Decimal: _Kind(Numeric(), "numeric", str),
    datetime: _Kind(DateTime(timezone=True), "timestamptz", datetime.isoformat),
    timedelta: _Kind(Interval(), "interval", _interval),
    tuple: _Kind(ARRAY(Text()), "text[]", list),
}
_names: dict[type[Any], tuple[str, ...]] = {}


class Hole(ColumnElement[Any]):
    """A place in a statement that each request fills with a value of its own."""

    inherit_cache = False

    def __init__(self, number: int, kind: type[Any]) -> None:
        self.number = number
        self.kind = kind
        self.type = _KINDS[kind].type


class Outer(ColumnElement[Any]):
    """A place in a statement that takes a column of the statement around it."""

    inherit_cache = False

    def __init__(self) -> None:
        self.type = String()


@compiles(Hole)
def _spell_hole(element: Hole, _compiler: object, **_: object) -> str:
    return f"{MARK}{element.number}{MARK}::{_KINDS[element.kind].name}"


@compiles(Outer)
def _spell_outer(_element: Outer, _compiler: object, **_: object) -> str:
    return f"{MARK}{OUTER}{MARK}"


def dissolve(value: object, shape: list[object], texts: list[Value]) -> None:
    """Add to `shape` what decides the statement, and to `texts` what fills its holes, in the order of `with_holes`."""
    kind = type(value)
    if (known := _KINDS.get(kind)) is not None:
        shape.append(kind)
        texts.append(known.spell(value))
    elif value is None or isinstance(value, DECIDING):
        shape.append(value)
    else:
        shape.append(kind)
        for name in _names_in(kind):
            dissolve(getattr(value, name), shape, texts)


def with_holes(value: Any, numbers: Iterator[int]) -> Any:  # noqa: ANN401 - whatever a query takes
    """Return the same value with holes for what fills the statement, numbered as they come."""
    if value is None or isinstance(value, DECIDING):
        return value
    kind = type(value)
    if kind in _KINDS:
        return Hole(next(numbers), kind)
    return kind(*(with_holes(getattr(value, name), numbers) for name in _names_in(kind)))


def _names_in(kind: type[Any]) -> tuple[str, ...]:
    """Name the fields of a dataclass: beside plain values nothing else is an argument of a query."""
    names = _names.get(kind)
    if names is None:
        names = _names[kind] = tuple(each.name for each in fields(kind))
    return names
