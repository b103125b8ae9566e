"""What a document asks for, told before anything is looked up: how deep, how many aliases, at what cost.

The cost is the number of values an answer may hold at most: a field is one value for each object it is asked of, and
a list is as many objects as its `first` or `last` says. The `days` that one number is drawn from count as if they were
answered. A fragment is reckoned once however often it is spread, so that the reckoning takes no longer than reading
the document did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
)
from graphql.pyutils import Undefined

TOKENS_AT_MOST = 1000
"""Words and brackets. The introspection of tools has 200; with the worst of 1,000 validation takes a quarter of a second."""
DEPTH_AT_MOST = 20
"""The introspection of tools is 15 deep."""
ALIASES_AT_MOST = 100

SIZES = ("first", "last", "points")
SPANS = ("days",)
"""What is read beside what is answered."""
ITEMS = frozenset({"edges", "nodes", "assets", "gainers", "losers"})
"""The rows of a page, of a price update, of the movers."""
PAGE_AT_MOST = 4000
"""No list is longer; whoever asks for more is told so by the field itself."""
UNLESS_TOLD = 100
"""A page's size when nothing is asked for."""
UNSIZED = 10
"""A list whose size no argument bounds: the inputs of a price, the types of an introspection."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a document is on paper, its fragments written out."""

    depth: int
    aliases: int


@dataclass(slots=True)
class _Measure:
    fragments: Mapping[str, FragmentDefinitionNode]
    known: dict[str, Shape] = field(default_factory=dict)

    def of(self, selections: SelectionSetNode | None) -> Shape:
        depth = aliases = 0
        for node in selections.selections if selections else ():
            match node:
                case FieldNode():
                    below = self.of(node.selection_set)
                    inner = Shape(below.depth + 1, below.aliases + (node.alias is not None))
                case InlineFragmentNode():
                    inner = self.of(node.selection_set)
                case FragmentSpreadNode():
                    inner = self._of_fragment(node.name.value)
            depth, aliases = max(depth, inner.depth), aliases + inner.aliases
        return Shape(depth, aliases)

    def _of_fragment(self, name: str) -> Shape:
        if name not in self.known:
            self.known[name] = Shape(0, 0)  # what a cycle finds; validation refuses it afterwards
            fragment = self.fragments.get(name)
            self.known[name] = self.of(fragment.selection_set if fragment else None)
        return self.known[name]


def shape(document: DocumentNode) -> Shape:
    """Measure a document: its deepest operation, and the aliases of all of them. Valid it need not be."""
    measure = _Measure(_fragments(document))
    shapes = [measure.of(each.selection_set) for each in _operations(document)]
    return Shape(max((each.depth for each in shapes), default=0), sum(each.aliases for each in shapes))


@dataclass(slots=True)
class _Reckoning:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    known: dict[tuple[str, int], int] = field(default_factory=dict)

    def of(self, selections: SelectionSetNode | None, on: GraphQLNamedType | None, page: int) -> int:
        total = 0
        for node in selections.selections if selections else ():
            match node:
                case FieldNode():
                    total += self._of_field(node, on, page)
                case InlineFragmentNode():
                    narrowed = node.type_condition
                    inner = self.schema.get_type(narrowed.name.value) if narrowed else on
                    total += self.of(node.selection_set, inner, page)
                case FragmentSpreadNode():
                    total += self._of_fragment(node.name.value, page)
        return total

    def _of_fragment(self, name: str, page: int) -> int:
        if (name, page) not in self.known:
            fragment = self.fragments[name]
            on = self.schema.get_type(fragment.type_condition.name.value)
            self.known[name, page] = self.of(fragment.selection_set, on, page)
        return self.known[name, page]

    def _of_field(self, node: FieldNode, on: GraphQLNamedType | None, page: int) -> int:
        definition = self._definition(node.name.value, on)
        if definition is None:
            return 1
        asked = self._size(node, definition)
        own = 1 + (self._number(node, definition, SPANS) or 0)
        if node.selection_set is None:
            return own + (asked or 0) * _is_list(definition.type)
        named = get_named_type(definition.type)
        if not _is_list(definition.type):
            # A page's own fields are there once; its size belongs to the rows in it.
            return own + self.of(node.selection_set, named, asked or 0)
        times = asked or (page if node.name.value in ITEMS else 0) or UNSIZED
        return own + times * self.of(node.selection_set, named, 0)

    def _definition(self, name: str, on: GraphQLNamedType | None) -> GraphQLField | None:
        if name.startswith("__"):
            return self.schema.get_field(self.schema.query_type, name) if self.schema.query_type else None
        return on.fields.get(name) if isinstance(on, GraphQLObjectType | GraphQLInterfaceType) else None

    def _size(self, node: FieldNode, definition: GraphQLField) -> int | None:
        """Tell how many rows a field may answer with; None: no argument bounds it."""
        number = self._number(node, definition, SIZES)
        if number is not None:
            return number
        lengths = [len(value) for value in self._given(node).values() if isinstance(value, list)]
        is_sized = any(name in definition.args for name in SIZES)
        return max(lengths) if lengths else UNLESS_TOLD if is_sized else None

    def _number(self, node: FieldNode, definition: GraphQLField, names: Sequence[str]) -> int | None:
        """Read the first of these arguments that says a number, or would unless told."""
        given = self._given(node)
        for name in names:
            if name in definition.args:
                default = definition.args[name].default_value
                number = given.get(name, None if default is Undefined else default)
                if isinstance(number, int):
                    return max(0, min(number, PAGE_AT_MOST))
        return None

    def _given(self, node: FieldNode) -> dict[str, object]:
        return {each.name.value: self._value(each.value) for each in node.arguments or ()}

    def _value(self, node: ValueNode) -> object:
        match node:
            case VariableNode():
                return self.variables.get(node.name.value)
            case IntValueNode():
                return int(node.value)
            case ListValueNode():
                return list(node.values)
        return None


def cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    variables: Mapping[str, Any] | None,
) -> int:
    """Reckon what a valid document's operation costs."""
    operation = next(
        each
        for each in _operations(document)
        if operation_name is None or (each.name and each.name.value == operation_name)
    )
    reckoning = _Reckoning(schema, _fragments(document), _defaults(operation) | dict(variables or {}))
    return reckoning.of(operation.selection_set, schema.get_root_type(operation.operation), 0)


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    return {
        each.variable.name.value: int(each.default_value.value)
        for each in operation.variable_definitions or ()
        if isinstance(each.default_value, IntValueNode)
    }


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]


def _fragments(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }


def _is_list(kind: object) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)
