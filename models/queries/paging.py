"""How a list is cut into pages: by keyset, so that a page costs the same at any depth and inserts move nothing.

A page is asked for with one row more than its size: whether that row comes says whether there is a next page.
Nulls come last in either direction; ties are settled by a column that has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    UnaryExpression,
    and_,
    any_,
    cast,
    func,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

Rows = Select[Any]
"""Which rows: every column under the name that readers know it by."""
Parent = TypeVar("Parent", int, str)
Parents = Sequence[Parent] | ColumnElement[Parent]
"""The keys that rows are asked below: many at once, or the column of a statement around this one."""


class Size(int):
    """How many rows are asked for."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Rows by `column`, nulls last, ties by `tie`. Both are selected under their own names."""

    column: ColumnElement[Any]
    tie: ColumnElement[Any]
    descending: bool = False
    tie_descending: bool = False
    nullable: bool = True

    @property
    def names(self) -> tuple[str, str]:
        """The names of the two columns in a row."""
        return str(self.column.key), str(self.tie.key)

    @property
    def types(self) -> tuple[type[Any], type[Any]]:
        """The Python types of the two columns' values."""
        return _python_type(self.column), _python_type(self.tie)

    def holds(self, place: Place) -> bool:
        """Whether a place's whole numbers are ones that the columns can have."""
        pairs = ((self.column, place.key), (self.tie, place.tie))
        return all(abs(value) < _beyond_all(column) for column, value in pairs if isinstance(value, int))

    @property
    def signature(self) -> str:
        """What a place in this order can be told by: a place in another order is none in this one."""
        return "".join([self.names[0], "-" if self.descending else "+", self.names[1]])


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in an order: the value of its `column` and of its `tie`."""

    key: Any
    tie: Any


@dataclass(frozen=True, slots=True)
class Window:
    """`size` rows from `place` on, forward or backward; without a place from the end that the direction starts at."""

    size: int
    place: Place | None = None
    backward: bool = False


def page(rows: Rows, order: Order, window: Window) -> Rows:
    """Select at most `size` + 1 rows in walking order: backward pages come last row first.

    The stretch before the nulls and the nulls are asked for apart, each with a predicate that lets an index start
    at the place; `key < $1 OR key = $1 AND …` would walk there from the top.
    """
    stretches = [
        rows.where(where).order_by(*_walk(order, order.column, order.tie, window)).limit(window.size + 1)
        for where in _stretches(order, window)
    ]
    if len(stretches) == 1:
        return stretches[0]
    joined = union_all(*stretches).subquery("page")
    key, tie = (joined.c[name] for name in order.names)
    return select(*joined.c).order_by(*_walk(order, key, tie, window)).limit(window.size + 1)


def for_each(
    parents: Parents[Parent],
    type_: TypeEngine[Parent],
    rows_of: Callable[[ColumnElement[Parent]], Rows],
    *,
    order: Sequence[UnaryExpression[Any]],
    first: int,
) -> Rows:
    """Select for every parent its first rows, each with its `parent`: one statement for any number of parents.

    `order` names the columns of `rows_of` by which a parent's rows come.
    """
    if isinstance(parents, ColumnElement):
        return rows_of(parents).order_by(*order).limit(first)
    parent = select(func.unnest(cast(list(parents), ARRAY(type_))).label("parent")).subquery("parents")
    child = rows_of(parent.c.parent).order_by(*order).limit(first).lateral("child")
    return select(parent.c.parent, *child.c).join_from(parent, child, true()).order_by(*order)


def among(column: ColumnElement[Any], values: Sequence[Any] | ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column is one of some values, or equal to the column of a statement around this one."""
    if isinstance(values, ColumnElement):
        return column == (any_(values) if isinstance(values.type, ARRAY) else values)
    return column.in_(values)


def ordered(rows: Rows, order: Order) -> Rows:
    """Select all the rows, in their order."""
    return rows.order_by(*_walk(order, order.column, order.tie, Window(size=1)))


def offset_page(rows: Rows, *, limit: int, offset: int) -> Rows:
    """Select `limit` rows after the first `offset`, for clients that count pages."""
    return rows.limit(limit).offset(offset)


def total(rows: Rows) -> Select[tuple[int]]:
    """Count how many rows there are in all."""
    return select(func.count()).select_from(rows.order_by(None).subquery("counted"))


def _stretches(order: Order, window: Window) -> list[ColumnElement[bool]]:
    column, place = order.column, window.place
    if place is None:
        return [true()]
    beyond = _beyond(order.tie, place.tie, descending=order.tie_descending != window.backward)
    if place.key is None:
        nulls = and_(column.is_(None), beyond)
        return [nulls, column.is_not(None)] if window.backward else [nulls]
    descending = order.descending != window.backward
    farther = _beyond(column, place.key, descending=descending)
    reach = column <= place.key if descending else column >= place.key
    here = and_(reach, or_(farther, beyond))
    return [here] if window.backward or not order.nullable else [here, column.is_(None)]


def _beyond(column: ColumnElement[Any], value: object, *, descending: bool) -> ColumnElement[bool]:
    beyond: ColumnElement[bool] = column < value if descending else column > value
    return beyond


def _walk(
    order: Order, key: ColumnElement[Any], tie: ColumnElement[Any], window: Window
) -> list[ColumnElement[Any]]:
    descending, tie_descending = order.descending != window.backward, order.tie_descending != window.backward
    keyed = key.desc() if descending else key.asc()
    if order.nullable:
        keyed = keyed.nulls_first() if window.backward else keyed.nulls_last()
    return [keyed, tie.desc() if tie_descending else tie.asc()]


def _beyond_all(column: ColumnElement[Any]) -> int:
    return 2**63 if isinstance(column.type, BigInteger) else 2**31


def _python_type(column: ColumnElement[Any]) -> type[Any]:
    kind = column.type
    return (kind.impl_instance if isinstance(kind, TypeDecorator) else kind).python_type
