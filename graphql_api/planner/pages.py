"""Writing a page in Relay's shape: the rows of one walk, read once however often the answer shows them.

The walk selects one row more than the page has; whether that row comes tells whether there is a next page. Where it is
read more than once it is a materialized CTE: window functions over it would run before its LIMIT, and cost ten times
as much. Where only the rows are shown it needs no name, and is a third cheaper.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Protocol

from graphql_api.cursors import BETWEEN
from graphql_api.planner.asking import Reading
from graphql_api.planner.bases import Base, Bases
from graphql_api.planner.leaves import MOMENT
from graphql_api.planner.readings import Page
from graphql_api.planner.selections import TYPE_NAME, Selected
from graphql_api.planner.values import with_holes
from models.queries.paging import total

Column = Callable[[str], str]
"""Writes the column behind a field of the object at hand."""


class Writer(Protocol):
    """What is used of the writer of the whole statement."""

    bases: Bases

    def name(self) -> str:
        """Give out a name that nothing else in the statement has."""

    def base(self, base: Base, reading: Reading, outer: str = "") -> str:
        """Write a base with the parameters of its reading."""

    def object(self, fields: Sequence[Selected], column: Column, source: str = "") -> str:
        """Write an object."""

    def columns(self, fields: Sequence[Selected], column: Column) -> str:
        """Write the fields of an object as columns that bear their keys."""


@dataclass(slots=True)
class PageWriter:
    """Writes one page."""

    writer: Writer
    reading: Reading
    page: Page
    walk: str = field(init=False)
    """What the rows are selected from: the walk's name, or the walk."""
    used: dict[str, None] = field(default_factory=dict)
    """The columns of the walk that something looks at."""

    def write(self, field: Selected) -> str:
        """Write the page as a scalar subquery."""
        looks = [each.name for each in field.below if each.name not in {TYPE_NAME, "total_count"}]
        is_named = len(looks) > 1 or "page_info" in looks
        # What nobody looks at is not written: a parameter that is not used has no type.
        base = self._base() if looks else ""
        row, name, whole = self.writer.name(), self.writer.name(), self.writer.name()
        self.walk = name if is_named else f"({base}) {name}"
        shown = ", ".join(f'{self._part(each)} AS "{each.key}"' for each in field.below)
        told = f"SELECT row_to_json({whole}) FROM (SELECT {shown}) {whole}"
        if not is_named:
            return f"({told})"
        columns = ", ".join(f'{row}."{each}"' for each in self.used)
        return f"(WITH {name} AS MATERIALIZED (SELECT {columns} FROM ({base}) {row}) {told})"

    def _base(self) -> str:
        base = self.writer.bases.of(self.reading.key, lambda: self._with_holes().rows())
        return self.writer.base(base, self.reading)

    def _with_holes(self) -> Page:
        """Return the page with holes, numbered as its values were dissolved: those of the window come first."""
        numbers = count()
        window = with_holes(self.page.window, numbers)
        return replace(
            self.page, window=window, call=self.page.call.each(lambda value: with_holes(value, numbers))
        )

    def _part(self, field: Selected) -> str:
        match field.name:
            case "edges":
                return self._rows(lambda column: self._edge(field.below, column))
            case "nodes":
                return self._rows(lambda column: self.writer.columns(field.below, column))
            case "page_info":
                return self.writer.object(field.below, self._info)
            case "total_count":
                return self._total()
        return f"'{field.kind.name}'"  # __typename

    def _rows(self, columns: Callable[[Column], str]) -> str:
        """Write the rows of the page, first row first whichever way they were walked."""
        row, name = self.writer.name(), self.writer.name()
        shown = columns(self._column_of(row))
        rows = f"(SELECT * FROM {self.walk} LIMIT {self._size})"
        if self.page.window.backward:
            place, numbered = self.writer.name(), self.writer.name()
            numbered_rows = f"(SELECT {numbered}.*, row_number() OVER () AS {place} FROM {rows} {numbered})"
            rows = f"(SELECT * FROM {numbered_rows} {numbered} ORDER BY {place} DESC)"
        return f"(SELECT coalesce(json_agg({name}), '[]') FROM (SELECT {shown} FROM {rows} {row}) {name})"

    def _edge(self, fields: Sequence[Selected], column: Column) -> str:
        return ", ".join(f'{self._part_of_edge(each, column)} AS "{each.key}"' for each in fields)

    def _part_of_edge(self, field: Selected, column: Column) -> str:
        match field.name:
            case "cursor":
                return self._cursor(column)
            case "node":
                return self.writer.object(field.below, column)
        return f"'{field.kind.name}'"  # __typename

    def _info(self, name: str) -> str:
        """Write a field of the page's info, as if it were a column."""
        window, counted = self.page.window, f"(SELECT count(*) FROM {self.walk})"
        came_from = "true" if window.place is not None else "false"
        more = f"({counted} > {self._size})"
        first = f"(SELECT {self._cursor(self._column_of(self.walk))} FROM {self.walk} LIMIT 1)"
        behind = f"greatest(least({self._size}, {counted}) - 1, 0)"
        last = f"{first[:-1]} OFFSET {behind})"
        forward, back = (came_from, more) if window.backward else (more, came_from)
        start, end = (last, first) if window.backward else (first, last)
        return {
            "has_next_page": forward,
            "has_previous_page": back,
            "start_cursor": start,
            "end_cursor": end,
        }[name]

    def _total(self) -> str:
        base = self.writer.bases.of(
            ("total", self.reading.key), lambda: total(self._with_holes().call.rows())
        )
        return f"({self.writer.base(base, self.reading)})"

    def _cursor(self, column: Column) -> str:
        """Write a row's place, as graphql_api/cursors.py does."""
        order = self.page.order
        (key, tie), (key_type, tie_type) = order.names, order.types
        place = f"'{order.signature}{BETWEEN}' || {_text(column(tie), tie_type)}"
        told = f"'{BETWEEN}' || {_text(column(key), key_type)}"
        return f"{place} || " + (f"coalesce({told}, '')" if order.nullable else told)

    @property
    def _size(self) -> str:
        return str(int(self.page.window.size))

    def _column_of(self, row: str) -> Column:
        def column(name: str) -> str:
            self.used[name] = None
            return f'{row}."{name}"'

        return column


def _text(column: str, kind: type[object]) -> str:
    if kind is datetime:
        return MOMENT.format(column)
    return column if kind is str else f"{column}::text"
