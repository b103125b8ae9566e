"""Writing the statement: a tree of fields and their readings become one SELECT, in which Postgres makes the JSON.

An object is a row of a subquery whose columns bear the answer's keys, `row_to_json` spells it; a list is the same under
`json_agg`. A field below another is a subquery in its parent's SELECT, so that its parent's columns are in its sight:
for every row of the parent Postgres looks its rows up by an index, as lateral joins would.

Names given here are numbers in quotes: no key of an answer can be one, so none can be taken for another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

from graphql_api.planner.asking import Reading
from graphql_api.planner.bases import Base, Bases
from graphql_api.planner.leaves import leaf, leaf_in_json
from graphql_api.planner.pages import Column, PageWriter
from graphql_api.planner.readings import Elements, Found, Page, Part
from graphql_api.planner.selections import TYPE_NAME, Selected, Unplannable
from graphql_api.planner.values import Outer, with_holes


@dataclass(frozen=True, slots=True)
class Statement:
    """One SELECT of one row: the JSON of `data`, and whether that is an answer.

    It is none where a check does not hold: only Strawberry's execution says what is wrong then. `picks` are the places
    of its parameters among a request's values, `tables` what it reads.
    """

    sql: bytes
    picks: tuple[int, ...]
    tables: frozenset[str]


def write(fields: Sequence[Selected], readings: Mapping[Selected, Reading], bases: Bases) -> Statement:
    """Write the statement of an operation out of what its methods answered."""
    writer = _Writer(readings, bases)
    answer = writer.object(fields, _nothing)
    checks = " AND ".join(writer.checks) or "true"
    return Statement(f"SELECT {answer}, {checks}".encode(), tuple(writer.picks), frozenset(writer.tables))


@dataclass(slots=True)
class _Writer:
    readings: Mapping[Selected, Reading]
    bases: Bases
    picks: list[int] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    tables: set[str] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=count)

    def name(self) -> str:
        return f'"{next(self.numbers)}"'

    def parameter(self, place: int) -> str:
        if place not in self.picks:
            self.picks.append(place)
        return f"${self.picks.index(place) + 1}"

    def base(self, base: Base, reading: Reading, outer: str = "") -> str:
        self.tables |= base.tables
        return base.text(lambda hole: self.parameter(reading.begins + hole), outer)

    def object(self, fields: Sequence[Selected], column: Column, source: str = "") -> str:
        """Write an object: out of the row in sight, or out of the one row of a source."""
        name = self.name()
        return f"(SELECT row_to_json({name}) FROM (SELECT {self.columns(fields, column)}{source}) {name})"

    def list(self, fields: Sequence[Selected], column: Column, source: str) -> str:
        """Write a list of objects, one for each row of a source."""
        name = self.name()
        columns = self.columns(fields, column)
        return f"(SELECT coalesce(json_agg({name}), '[]') FROM (SELECT {columns}{source}) {name})"

    def columns(self, fields: Sequence[Selected], column: Column) -> str:
        """Write the fields of an object as columns that bear their keys."""
        return ", ".join(f'{self.value(each, column)} AS "{each.key}"' for each in fields)

    def value(self, field: Selected, column: Column) -> str:
        """Write the value of one field."""
        if field.name == TYPE_NAME:
            return f"'{field.kind.name}'"
        if field.method is None:
            return leaf(field.kind, column(field.name))
        return self.read(field, self.readings[field], column)

    def read(self, field: Selected, reading: Reading, column: Column) -> str:
        """Write what a field's reading stands for."""
        match reading.answer:
            case Found() as found:
                told = self.found(field, reading, found, column)
            case Page() as page:
                told = PageWriter(self, reading, page).write(field)
            case Part() as part:
                told = self.part(field, part, column)
            case Elements() as elements:
                told = self.elements(field, elements, column)
            case None:
                told = "NULL::json"
            case []:
                told = "'[]'::json"
            case _:  # an object of ours, whose fields' methods know what it knows
                told = self.object(field.below, _nothing)
        return told

    def found(self, field: Selected, reading: Reading, found: Found, column: Column) -> str:
        numbers = count()
        call = found.call.each(lambda value: with_holes(value, numbers))
        outer = [] if found.below is None else [Outer()]
        base = self.bases.of((found.below is None, reading.key), lambda: call.rows(*outer))
        if found.check is not None:
            self.check(reading, found, numbers)
        name = self.name()
        rows = f" FROM ({self.base(base, reading, column(found.below) if found.below else '')}) {name}"
        if found.column is not None:
            value = leaf(field.kind, f"{name}.{found.column}")
            one, many = f"(SELECT {value}{rows} LIMIT 1)", f"(SELECT coalesce(json_agg({value}), '[]'){rows})"
            return many if found.is_many else one
        if found.is_many:
            return self.list(field.below, _of(name), rows)
        return self.object(field.below, _of(name), f"{rows} LIMIT 1")

    def check(self, reading: Reading, found: Found, numbers: Iterator[int]) -> None:
        assert found.check is not None  # noqa: S101 - the caller has looked
        call = found.check.call.each(lambda value: with_holes(value, numbers))
        base = self.bases.of(("check", reading.key), call.rows)
        name = self.name()
        self.checks.append(f"(SELECT {name}.{found.check.column} FROM ({self.base(base, reading)}) {name})")

    def part(self, field: Selected, part: Part, column: Column) -> str:
        told = self.object(field.below, lambda name: column(part.column(name)))
        return told if part.given is None else f"CASE WHEN {column(part.given)} IS NOT NULL THEN {told} END"

    def elements(self, field: Selected, elements: Elements, column: Column) -> str:
        name, value = self.name(), self.name()
        columns = ", ".join(
            f'{leaf_in_json(each.kind, value, each.name)} AS "{each.key}"'
            if each.name != TYPE_NAME
            else f"'{each.kind.name}' AS \"{each.key}\""
            for each in field.below
        )
        rows = f"SELECT {columns} FROM jsonb_array_elements({column(elements.column)}) {name}({value})"
        return f"(SELECT coalesce(json_agg({name}), '[]') FROM ({rows}) {name})"


def _nothing(name: str) -> str:
    raise Unplannable(f"no row stands behind {name}")


def _of(row: str) -> Column:
    return lambda name: f'{row}."{name}"'
