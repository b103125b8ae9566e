"""Asking an operation's methods for their readings, for one request: what shapes its statement, and what fills it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql.execution.values import VariableValues

from graphql_api.planner.readings import Elements, Found, Page, Part
from graphql_api.planner.selections import Selected
from graphql_api.planner.values import dissolve


@dataclass(frozen=True, slots=True)
class Asked:
    """A request's readings by field. `shape` decides the statement, `texts` are the values for its holes."""

    readings: Mapping[Selected, Reading]
    shape: tuple[object, ...]
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a method answered, and where among the request's values its own begin.

    `key` names the Select that comes of it, together with what is done with it.
    """

    answer: object
    begins: int
    key: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    """What a method finds in place of Strawberry's info."""

    context: Any


class Questions:
    """The methods of one operation, parents before children."""

    def __init__(self, fields: Sequence[Selected]) -> None:
        self._fields: list[tuple[Selected, Selected | None]] = []
        self._collect(fields, None)

    def ask(self, context: object, variables: VariableValues) -> Asked:
        """Ask them all. Raises what a method refuses its arguments with."""
        info, readings = Asking(context), dict[Selected, Reading]()
        shape: list[object] = []
        texts: list[str] = []
        for field, parent in self._fields:
            above = readings[parent].answer if parent else None
            if parent and above is None:
                answer = None  # there is nothing to be below of
            else:
                arguments = field.arguments.of(variables) if field.arguments else {}
                answer = field.method(above, info, **arguments)  # type: ignore[misc] # only those with one are here
            began, begins = len(shape), len(texts)
            _dissolve(answer, shape, texts)
            readings[field] = Reading(answer, begins, tuple(shape[began:]))
        return Asked(readings, tuple(shape), texts)

    def _collect(self, fields: Sequence[Selected], parent: Selected | None) -> None:
        for field in fields:
            if field.method is not None:
                self._fields.append((field, parent))
            self._collect(field.below, parent if field.method is None else field)


def _dissolve(answer: object, shape: list[object], texts: list[str]) -> None:
    match answer:
        case Found():
            shape += (answer.call.query, answer.is_many, answer.below, answer.column)
            _dissolve_all(answer.call.values, shape, texts)
            if answer.check is not None:
                shape.append(answer.check.call.query)
                _dissolve_all(answer.check.call.values, shape, texts)
        case Page():
            shape += (answer.call.query, answer.cut, answer.order.signature)
            dissolve(answer.window, shape, texts)
            _dissolve_all(answer.call.values, shape, texts)
        case Part():
            shape += (answer.prefix, answer.given)
        case Elements():
            shape.append(answer.column)
        case _:
            shape.append(type(answer))


def _dissolve_all(values: Sequence[object], shape: list[object], texts: list[str]) -> None:
    for value in values:
        dissolve(value, shape, texts)
