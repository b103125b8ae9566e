"""What an operation selects: its fields with fragments spread, directives obeyed and doubles merged, as a tree.

graphql-core collects them, as it does for its own execution. The tree depends on the document and on the variables of
@skip and @include alone; what the arguments say is asked of it for each request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    visit,
)
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

KEY_AT_MOST = 63
"""Bytes that Postgres keeps of a name."""
FIELDS_AT_MOST = 1_000
"""Columns of one Select that Postgres allows, and some to spare."""
TYPE_NAME = "__typename"
OF_A_PAGE = frozenset({"nodes", "total_count"})
"""Methods of a connection that stand for what its page has anyway."""


class Unplannable(Exception):  # noqa: N818 - reads as what it says
    """Strawberry's execution has to answer; the message is the reason, as it is counted."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """A field's arguments, as its method takes them: the same each time, or read from a request's variables."""

    read: Callable[[VariableValues], Mapping[str, Any]]
    constant: Mapping[str, Any] | None

    def of(self, variables: VariableValues) -> Mapping[str, Any]:
        """Return the arguments for a request's variables. Raises `GraphQLError` for what cannot be converted."""
        return self.read(variables) if self.constant is None else self.constant


@dataclass(slots=True, eq=False)
class Selected:
    """One field of the answer. `method` tells what stands behind it; a field without one is a column."""

    key: str
    name: str
    kind: GraphQLNamedType
    method: Callable[..., Any] | None = None
    arguments: Arguments | None = None
    below: list[Selected] = field(default_factory=list)


class Selection:
    """Collects the fields of one operation. Raises `Unplannable` for what only Strawberry can answer."""

    def __init__(
        self,
        schema: Schema,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDetails],
        variables: VariableValues,
    ) -> None:
        self._strawberry = schema
        self._schema: GraphQLSchema = schema._schema  # noqa: SLF001 - Strawberry's only door to graphql-core's schema
        self._operation = operation
        self._fragments = fragments
        self._variables = variables

    def fields(self) -> list[Selected]:
        """Collect the fields of the operation."""
        root = self._schema.query_type
        assert root is not None  # noqa: S101 - ours has one
        found = collect_fields(self._schema, self._fragments, self._variables, root, self._operation)
        return self._all(root, found.grouped_field_set)

    def _below(self, kind: GraphQLObjectType, details: list[FieldDetails]) -> list[Selected]:
        found = collect_subfields(
            self._schema, self._fragments, self._variables, self._operation, kind, details
        )
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
        selected.method = _method(definition)
        if selected.method is not None:
            selected.arguments = self._arguments(definition, node)
        if isinstance(kind, GraphQLObjectType):
            selected.below = self._below(kind, details)
        return selected

    def _arguments(self, definition: GraphQLField, node: FieldNode) -> Arguments:
        schema, taken = self._strawberry, _strawberry_field(definition).arguments

        def read(variables: VariableValues) -> Mapping[str, Any]:
            values = get_argument_values(definition, node, variables)
            registry = schema.schema_converter.scalar_registry
            return convert_arguments(values, taken, registry, schema.config)

        return Arguments(read, None if _has_variables(node) else read(self._variables))


def _strawberry_field(definition: GraphQLField) -> StrawberryField:
    found: StrawberryField = definition.extensions["strawberry-definition"]
    return found


def _method(definition: GraphQLField) -> Callable[..., Any] | None:
    """Find what tells the reading of a field; None: it is a column."""
    resolver = _strawberry_field(definition).base_resolver
    if resolver is None or resolver.name in OF_A_PAGE:
        return None
    method: Callable[..., Any] | None = getattr(resolver.wrapped_func, "reading", None)
    if method is None:
        raise Unplannable("a field with code of its own")
    return method


class _Variables(Visitor):
    found = False

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        del node
        self.found = True


def _has_variables(node: FieldNode) -> bool:
    variables = _Variables()
    for argument in node.arguments or ():
        visit(argument, variables)
    return variables.found
