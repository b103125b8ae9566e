"""Asking an operation's methods for their readings, for one request: what shapes its statement, and what fills it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql_api.planner.readings import Elements, Found, Page, Part
from graphql_api.planner.selections import Selected
from graphql_api.planner.values import dissolve
from graphql_api.planner.variables import Variables
from models.readers import Value


@dataclass(slots=True)
class Reading:
    """What a method answered, and where among the request's values its own begin.

    `key` names the Select that comes of it, together with what is done with it.
    """

    answer: object
    begins: int
    key: tuple[object, ...]


@dataclass(slots=True)
class Asked:
    """What a request's methods answered. `shape` decides the statement, `texts` are the values for its holes."""

    shape: tuple[object, ...]
    texts: Sequence[Value]
    answers: Sequence[object]
    marks: Sequence[tuple[int, int]]
    """Where in `shape` and in `texts` each answer begins."""


@dataclass(slots=True)
class Asking:
    """What a method finds in place of Strawberry's info."""

    context: Any


class Questions:
    """The methods of one operation, parents before children."""

    def __init__(self, fields: Sequence[Selected]) -> None:
        self._fields: list[Selected] = []
        self._parents: list[int | None] = []
        self._collect(fields, None)

    def ask(self, context: object, variables: Variables) -> Asked:
        """Ask them all. Raises what a method refuses its arguments with."""
        info = Asking(context)
        answers: list[object] = []
        marks: list[tuple[int, int]] = []
        shape: list[object] = []
        texts: list[Value] = []
        for field, parent in zip(self._fields, self._parents, strict=True):
            above = None if parent is None else answers[parent]
            answer = None
            if parent is None or (above is not None and above != []):  # else there is nothing to be below of
                answer = field.method(above, info, **field.arguments(variables))  # type: ignore[misc]
            marks.append((len(shape), len(texts)))
            answers.append(answer)
            _dissolve(answer, shape, texts)
        return Asked(tuple(shape), texts, answers, marks)

    def readings(self, asked: Asked) -> dict[Selected, Reading]:
        """Return what was answered, by field."""
        ends = [*(begins for begins, _ in asked.marks), len(asked.shape)][1:]
        return {
            field: Reading(answer, texts, asked.shape[begins:end])
            for field, answer, (begins, texts), end in zip(
                self._fields, asked.answers, asked.marks, ends, strict=True
            )
        }

    def _collect(self, fields: Sequence[Selected], parent: int | None) -> None:
        for field in fields:
            place = parent
            if field.method is not None:
                place = len(self._fields)
                self._fields.append(field)
                self._parents.append(parent)
            self._collect(field.below, place)


def _dissolve(answer: object, shape: list[object], texts: list[Value]) -> None:
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


def _dissolve_all(values: Sequence[object], shape: list[object], texts: list[Value]) -> None:
    for value in values:
        dissolve(value, shape, texts)
