"""What stands behind a field, said once: which rows, as a function of models/queries with its arguments.

A planned field's method answers with a reading instead of with data. Two ways lead from it to the same JSON: the
planner writes all readings of an operation into one SQL statement, and Strawberry's execution carries out one after
the other (graphql_api/resolving.py). To type checkers a reading is what it stands for, so that a field's type is its
method's.

A field without a method is the column of its name in the row that stands behind its object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from models.queries.paging import Order, Parents, Rows, Window, page

T = TypeVar("T")
Parent = TypeVar("Parent", int, str)
Arguments = ParamSpec("Arguments")
Below = Callable[Concatenate[Parents[Parent], Arguments], Rows]
"""A query for the rows below many parents at once, each with its `parent`, or below one column (see `for_each`)."""


@dataclass(frozen=True, slots=True)
class Call:
    """A query of models/queries with its arguments."""

    query: Callable[..., Rows]
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def values(self) -> tuple[Any, ...]:
        """The arguments in one row."""
        return (*self.args, *self.kwargs.values())

    def rows(self, *before: object) -> Rows:
        """Ask for the Select, with further arguments before its own."""
        return self.query(*before, *self.args, **self.kwargs)

    def each(self, change: Callable[[Any], Any]) -> Call:
        """Return the same call with every argument changed, in the order of `values`."""
        args = tuple(change(value) for value in self.args)
        return Call(self.query, args, {name: change(value) for name, value in self.kwargs.items()})


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold in the database for a field to have an answer: `call` selects one row that says so in `column`."""

    call: Call
    column: str
    refuse: Callable[[Any], Exception]
    """Takes that row and makes the error, where it does not hold."""


@dataclass(frozen=True, slots=True)
class Found:
    """Rows: many or at most one, of the whole database or `below` the value in a column of the parent's row."""

    call: Call
    is_many: bool
    below: str | None = None
    column: str | None = None
    """Of each row this value alone, rather than an object."""
    check: Check | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows, in Relay's shape. `cut` selects it where a plain cut reads too much."""

    call: Call
    order: Order
    window: Window
    cut: Callable[..., Rows] | None = None

    def rows(self) -> Rows:
        """Ask for the Select: one row more than the page has, in walking order."""
        if self.cut is None:
            return page(self.call.rows(), self.order, self.window)
        return self.cut(*self.call.args, window=self.window, **self.call.kwargs)


@dataclass(frozen=True, slots=True)
class Part:
    """An object out of the parent's own row: columns whose names begin with `prefix`; null where `given` is null."""

    prefix: str = ""
    given: str | None = None

    def column(self, name: str) -> str:
        """Name the column behind a field of the object."""
        return name if name.startswith(self.prefix) else self.prefix + name


@dataclass(frozen=True, slots=True)
class Elements:
    """A list of objects out of a JSON array in the parent's row; its keys are the fields' Python names."""

    column: str
    read: Callable[[Any], Any]
    """Makes an object of an element, for Strawberry's execution."""


Reading = Found | Page | Part | Elements


def rows(
    of: type[T], query: Callable[Arguments, Rows], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> list[T]:
    """Stand for all the rows of a query."""
    return _as(list[of], Found(Call(query, args, kwargs), is_many=True))  # type: ignore[valid-type]


def row(
    of: type[T], query: Callable[Arguments, Rows], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> T:
    """Stand for the one row of a query; where the field may be null, for its row if it has one."""
    return _as(of, Found(Call(query, args, kwargs), is_many=False))


def rows_below(
    of: type[T],
    column: str,
    query: Below[Parent, Arguments],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> list[T]:
    """Stand for the rows below the parent's value in `column`."""
    return _as(list[of], Found(Call(query, args, kwargs), is_many=True, below=column))  # type: ignore[valid-type]


def row_below(
    of: type[T],
    column: str,
    query: Below[Parent, Arguments],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> T:
    """Stand for the one row below the parent's value in `column`."""
    return _as(of, Found(Call(query, args, kwargs), is_many=False, below=column))


def only(of: type[T], column: str, reading: object) -> T:
    """Stand for the value in one column of each row instead of objects."""
    return _as(of, replace(cast("Found", reading), column=column))


def checked(reading: T, check: Check) -> T:
    """Stand for the same, where a check holds."""
    return cast("T", replace(cast("Found", reading), check=check))


def part(of: type[T], prefix: str = "", *, given: str | None = None) -> T:
    """Stand for an object out of the parent's own row."""
    return _as(of, Part(prefix, given))


def elements(of: type[T], column: str, read: Callable[[Any], T]) -> list[T]:
    """Stand for the objects in a JSON array of the parent's row."""
    return _as(list[of], Elements(column, read))  # type: ignore[valid-type]


def _as(of: type[T], reading: Reading) -> T:
    del of
    return cast("T", reading)
