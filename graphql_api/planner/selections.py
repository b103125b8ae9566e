"""What an operation selects: its fields with fragments spread, directives obeyed and doubles merged, as a tree.

graphql-core collects them, as it does for its own execution. The tree depends on the document and on the variables of
@skip and @include alone; what the arguments say is asked of it for each request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from strawberry import Schema
from strawberry.types.field import StrawberryField

from graphql_api.planner.variables import Arguments, Variables, arguments_of, no_arguments

KEY_AT_MOST = 63
"""Bytes that Postgres keeps of a name."""
FIELDS_AT_MOST = 1_000
"""Columns of one Select that Postgres allows, and some to spare."""
TYPE_NAME = "__typename"
OF_A_PAGE = frozenset({"nodes", "total_count"})
"""Methods of a connection that stand for what its page has anyway."""


class Unplannable(Exception):  # noqa: N818 - reads as what it says
    """Strawberry's execution has to answer; the message is the reason, as it is counted."""


@dataclass(slots=True, eq=False)
class Selected:
    """One field of the answer. `method` tells what stands behind it; a field without one is a column."""

    key: str
    name: str
    kind: GraphQLNamedType
    method: Callable[..., Any] | None = None
    arguments: Arguments = no_arguments
    below: list[Selected] = field(default_factory=list)


class Selection:
    """Collects the fields of one operation. Raises `Unplannable` for what only Strawberry can answer."""

    def __init__(
        self,
        schema: Schema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: Variables,
    ) -> None:
        self._strawberry = schema
        self._schema: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry's only door to graphql-core's schema
        self._operation = operation
        self._fragments = fragments
        self._variables = variables
        self._values = variables.whole()

    def fields(self) -> list[Selected]:
        """Collect the fields of the operation."""
        root = self._schema.query_type
        assert root is not None  # noqa: S101 - ours has one
        found = collect_fields(self._schema, self._fragments, self._values, root, self._operation)
        return self._all(root, found.grouped_field_set)

    def _below(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> list[Selected]:
        found = collect_subfields(self._schema, self._fragments, self._values, self._operation, kind, details)
        return self._all(kind, found.grouped_field_set)

    def _all(self, of: GraphQLObjectType, grouped: Mapping[str, list[FieldDetails]]) -> list[Selected]:
        if len(grouped) > FIELDS_AT_MOST:
            raise Unplannable("too many fields")
        return [self._one(of, key, details) for key, details in grouped.items()]

    def _one(self, of: GraphQLObjectType, key: str, details: list[FieldDetails]) -> Selected:
        node = details[0].node
        if len(key) > KEY_AT_MOST:
            raise Unplannable("a long alias")
        if node.name.value == TYPE_NAME:
            return Selected(key, TYPE_NAME, of)
        if node.name.value.startswith("__"):
            raise Unplannable("introspection")
        definition = of.fields[node.name.value]
        kind = get_named_type(definition.type)
        selected = Selected(key, _strawberry_field(definition).python_name, kind)
        selected.method = method_of(definition)
        if selected.method is not None:
            selected.arguments = arguments_of(self._strawberry, definition, node, self._variables)
        if isinstance(kind, GraphQLObjectType):
            selected.below = self._below(kind, details)
        return selected


def _strawberry_field(definition: GraphQLField) -> StrawberryField:
    found: StrawberryField = definition.extensions["strawberry-definition"]
    return found


def method_of(definition: GraphQLField) -> Callable[..., Any] | None:
    """Find what tells the reading of a field; None: it is a column. Raises `Unplannable` for code of its own."""
    resolver = _strawberry_field(definition).base_resolver
    if resolver is None or resolver.name in OF_A_PAGE:
        return None
    method: Callable[..., Any] | None = getattr(resolver.wrapped_func, "reading", None)
    if method is None:
        raise Unplannable("a field with code of its own")
    return method
