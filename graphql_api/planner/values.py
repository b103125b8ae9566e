"""The values of a request: what of them shapes its statement, and what only fills it.

Whether a value is null, and which enum member or boolean it is, decides which Select is built. Every other value is
a hole in the statement that each request fills with its own: so one statement serves all requests of one shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from sqlalchemy import ARRAY, BigInteger, ColumnElement, DateTime, Float, Interval, Numeric, String, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

MARK = "\0"
"""Stands around a hole's number in compiled SQL, where no text can have it."""
OUTER = -1
"""The number of the hole that takes the column of the statement around."""

_TYPES: dict[type[Any], TypeEngine[Any]] = {
    str: Text(),
    int: BigInteger(),
    float: Float(53),
    Decimal: Numeric(),
    datetime: DateTime(timezone=True),
    timedelta: Interval(),
    tuple: ARRAY(Text()),
}
_NAMES: dict[type[Any], str] = {
    str: "text",
    int: "bigint",
    float: "float8",
    Decimal: "numeric",
    datetime: "timestamptz",
    timedelta: "interval",
    tuple: "text[]",
}


class Hole(ColumnElement[Any]):
    """A place in a statement that each request fills with a value of its own."""

    inherit_cache = False

    def __init__(self, number: int, kind: type[Any]) -> None:
        self.number = number
        self.kind = kind
        self.type = _TYPES[kind]


class Outer(ColumnElement[Any]):
    """A place in a statement that takes a column of the statement around it."""

    inherit_cache = False

    def __init__(self) -> None:
        self.type = String()


@compiles(Hole)
def _spell_hole(element: Hole, _compiler: object, **_: object) -> str:
    return f"{MARK}{element.number}{MARK}::{_NAMES[element.kind]}"


@compiles(Outer)
def _spell_outer(_element: Outer, _compiler: object, **_: object) -> str:
    return f"{MARK}{OUTER}{MARK}"


def dissolve(values: object, shape: list[object], texts: list[str]) -> None:
    """Add to `shape` what decides the statement, and to `texts` what fills its holes, in the order of `with_holes`."""
    match values:
        case None | bool() | Enum():
            shape.append(values)
        case str():
            shape.append(str)
            texts.append(values)
        case int() | float() | Decimal():
            shape.append(type(values))
            texts.append(str(values))
        case datetime():
            shape.append(datetime)
            texts.append(values.isoformat())
        case timedelta():
            shape.append(timedelta)
            texts.append(f"{values.days} days {values.seconds} seconds {values.microseconds} microseconds")
        case tuple():
            shape.append(tuple)
            texts.append(_array(values))
        case _:
            shape.append(type(values))
            for field in fields(values):  # type: ignore[arg-type] # an argument of a query is nothing else
                dissolve(getattr(values, field.name), shape, texts)


def with_holes(value: Any, numbers: Iterator[int]) -> Any:  # noqa: ANN401 - whatever a query takes
    """Return the same value with holes for what fills the statement, numbered as they come."""
    if value is None or isinstance(value, bool | Enum):
        return value
    if is_dataclass(value):
        parts = [with_holes(getattr(value, field.name), numbers) for field in fields(value)]
        return cast("Any", type(value))(*parts)
    kind = next(kind for kind in _TYPES if isinstance(value, kind))
    return Hole(next(numbers), kind)


def _array(texts: tuple[str, ...]) -> str:
    """Spell texts as Postgres reads an array."""
    quoted = (text.replace("\\", r"\\").replace('"', r"\"") for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"
