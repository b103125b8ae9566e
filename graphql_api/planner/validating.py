"""Whether a document is valid, in half the time: for documents that nobody has sent before.

The rules are graphql-core's. Its own way asks every rule at every node; this one asks those alone that look at nodes of
that kind, which is known of a rule's class once and for all. What is wrong is not told: Strawberry validates once more
what is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from graphql import (
    BREAK,
    SKIP,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    ParallelVisitor,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    VisitorAction,
    specified_rules,
    visit,
)
from graphql.language.visitor import EnterLeaveVisitor

RULES = tuple(specified_rules)
Step = Callable[..., VisitorAction | None]


def is_valid(schema: GraphQLSchema, document: DocumentNode) -> bool:
    """Tell whether a document keeps every rule of the specification."""
    errors: list[GraphQLError] = []
    types = TypeInfo(schema)
    context = ValidationContext(schema, document, types, errors.append)
    visit(document, TypeInfoVisitor(types, _Rules([rule(context) for rule in RULES])))
    return not errors


class _Rules(ParallelVisitor):
    """All the rules at once. `skipping` has, for each of them, the node below which it does not look."""

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        """Return what is done before and after a node of a kind."""
        known = self.enter_leave_map.get(kind)
        if known is None:
            rules: Sequence[Any] = tuple(self.visitors)
            steps = [(place, rules[place].get_enter_leave_for_kind(kind)) for place in _concerned(kind)]
            known = EnterLeaveVisitor(self._entering(steps), self._leaving(steps)) if steps else _NOTHING
            self.enter_leave_map[kind] = known
        return known

    def _entering(self, steps: Sequence[tuple[int, EnterLeaveVisitor]]) -> Step:
        skipping = self.skipping
        entering = [(place, enter) for place, (enter, _) in steps if enter]

        def enter(node: Node, *args: Any) -> None:  # noqa: ANN401 - passed through
            for place, step in entering:
                if not skipping[place]:
                    action = step(node, *args)
                    if action is SKIP:
                        skipping[place] = node
                    elif action is BREAK:
                        skipping[place] = BREAK

        return enter

    def _leaving(self, steps: Sequence[tuple[int, EnterLeaveVisitor]]) -> Step:
        skipping = self.skipping

        def leave(node: Node, *args: Any) -> None:  # noqa: ANN401 - passed through
            for place, (_, step) in steps:
                if skipping[place] is node:
                    skipping[place] = None
                elif step and not skipping[place]:
                    action = step(node, *args)
                    if action is BREAK:
                        skipping[place] = BREAK

        return leave


_NOTHING = EnterLeaveVisitor(None, None)


@cache
def _concerned(kind: str) -> tuple[int, ...]:
    """Name the rules, by their places, that look at nodes of a kind."""
    names = (f"enter_{kind}", f"leave_{kind}", "enter", "leave")
    return tuple(place for place, rule in enumerate(RULES) if any(hasattr(rule, name) for name in names))
