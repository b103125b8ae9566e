"""An operation's variables, and the arguments that are made of them.

graphql-core and Strawberry convert them, but mostly there is nothing to convert: what can be known of a document
beforehand is prepared once, and a variable that is handed on as it is costs one look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLSchema,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_input_object_type,
    visit,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from graphql.pyutils import Undefined
from graphql.utilities import coerce_input_value
from strawberry import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField


class Variables:
    """One request's values, coerced."""

    def __init__(self, coerced: Mapping[str, Any], whole: Callable[[], VariableValues]) -> None:
        self.coerced = coerced
        self.whole = whole
        """Gives the values as graphql-core's execution knows them."""


Arguments = Callable[[Variables], Mapping[str, Any]]
"""Makes a field's arguments, as its method takes them. Raises `GraphQLError` for what cannot be converted."""


def no_arguments(variables: Variables) -> Mapping[str, Any]:
    """Take no arguments."""
    del variables
    return {}


class Definitions:
    """The variables that an operation defines."""

    def __init__(self, schema: GraphQLSchema, nodes: Sequence[VariableDefinitionNode]) -> None:
        self._schema = schema
        self._nodes = nodes
        signatures = [get_variable_signature(schema, node) for node in nodes]
        self._kinds = [
            (each.name, each.type, node.default_value is None and not isinstance(each.type, GraphQLNonNull))
            for each, node in zip(signatures, nodes, strict=True)
            if not isinstance(each, GraphQLError)
        ]
        has_objects = any(is_input_object_type(get_named_type(kind)) for _, kind, _ in self._kinds)
        self._is_plain = not has_objects and len(self._kinds) == len(nodes)

    def of(self, given: Mapping[str, Any]) -> Variables | None:
        """Coerce what a request gives; None: some of it cannot be."""
        if not self._is_plain:
            return self._by_the_book(given)
        coerced: dict[str, Any] = {}
        for name, kind, may_be_left_out in self._kinds:
            if name not in given:
                if not may_be_left_out:
                    return self._by_the_book(given)  # there is a default, or an error
                continue
            coerced[name] = value = coerce_input_value(given[name], kind)
            if value is Undefined:
                return None
        return Variables(coerced, lambda: self._values(given))

    def _by_the_book(self, given: Mapping[str, Any]) -> Variables | None:
        values = get_variable_values(self._schema, self._nodes, dict(given))
        return Variables(values.coerced, lambda: values) if isinstance(values, VariableValues) else None

    def _values(self, given: Mapping[str, Any]) -> VariableValues:
        values = get_variable_values(self._schema, self._nodes, dict(given))
        assert isinstance(values, VariableValues)  # noqa: S101 - each of them was coerced before
        return values


def arguments_of(
    schema: Schema, definition: GraphQLField, node: FieldNode, variables: Variables
) -> Arguments:
    """Prepare a field's arguments: what the document says of them is converted here, once."""
    field: StrawberryField = definition.extensions["strawberry-definition"]

    def convert(variables: Variables) -> Mapping[str, Any]:
        values = get_argument_values(definition, node, variables.whole())
        registry = schema.schema_converter.scalar_registry
        return convert_arguments(values, field.arguments, registry, schema.config)

    python_names = {
        schema.config.name_converter.from_argument(each): each.python_name for each in field.arguments
    }
    handed_on: list[tuple[str, str, bool]] = []
    for argument in node.arguments or ():
        kind = definition.args[argument.name.value].type
        if isinstance(argument.value, VariableNode) and not is_input_object_type(get_named_type(kind)):
            is_needed = isinstance(kind, GraphQLNonNull)
            handed_on.append((python_names[argument.name.value], argument.value.name.value, is_needed))
        elif _has_variables(argument.value):
            return convert
    constant = convert(variables)
    if not handed_on:
        return lambda _: constant

    def hand_on(variables: Variables) -> Mapping[str, Any]:
        arguments = dict(constant)
        for name, variable, is_needed in handed_on:
            value = variables.coerced.get(variable, Undefined)
            if value is Undefined or (value is None and is_needed):
                return convert(variables)  # which knows defaults, and what is an error
            arguments[name] = value
        return arguments

    return hand_on


def _has_variables(value: ValueNode) -> bool:
    found = _Finder()
    visit(value, found)
    return found.has_found


class _Finder(Visitor):
    has_found = False

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        del node
        self.has_found = True
