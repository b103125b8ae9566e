"""The planner: a request in, one SQL statement out, or the reason why Strawberry's execution has to answer.

Everything is done once for as long as it stays the same: a document is parsed, validated and measured once, an
operation's fields are collected once for the values of its @skip and @include, a statement is written once for the
shape of a request's arguments. What is left for each request is to ask the fields' methods for their readings, and to
look the statement up.

What is in any way wrong with a request is left to Strawberry as well: so there is one place that makes errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    OperationType,
    VariableDefinitionNode,
    parse,
)
from graphql.execution.collect_fields import FragmentDetails
from strawberry import Schema

from graphql_api.cost import ALIASES_AT_MOST, DEPTH_AT_MOST, TOKENS_AT_MOST, cost, shape
from graphql_api.errors import ApiError
from graphql_api.planner.asking import Questions
from graphql_api.planner.bases import Bases
from graphql_api.planner.selections import Selected, Selection, Unplannable
from graphql_api.planner.validating import is_valid
from graphql_api.planner.variables import Definitions, Variables
from graphql_api.planner.writing import Statement, write
from models.readers import Value

DOCUMENT_AT_MOST = 20_000
"""Characters of a document that is worth keeping."""
DOCUMENTS_AT_MOST = 300_000
"""Characters of all documents that are kept; what they become takes about a hundred times as much."""
STATEMENTS_AT_MOST = 4_000_000
"""Characters of all statements that are kept, with `BESIDE` for what each takes beside its text."""
BESIDE = 1_000
TREES_AT_MOST = 4
COSTS_AT_MOST = 100
REFUSED = "refused"

PUBLISHED = frozenset(
    {
        "assets",
        "asset_links",
        "dataset_version",
        "fx_rates",
        "listing_addresses",
        "listings",
        "price_candles",
        "price_points",
        "quotes",
        "sources",
    }
)
"""The tables of which readers need not notice within the second what changes them beside publications."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A request as one statement of one row: the JSON of `data`, and whether that is an answer (see writing.py).

    `values` are the texts of its parameters; `is_published`: it reads nothing but what publications are about.
    """

    sql: bytes
    values: Sequence[Value]
    cost: int
    is_published: bool
    operation: str | None = None
    """The operation's name, if it has one."""


@dataclass(frozen=True, slots=True)
class _Tree:
    serial: int
    fields: Sequence[Selected]
    questions: Questions


@dataclass(frozen=True, slots=True)
class _Operation:
    node: OperationDefinitionNode
    name: str | None
    variables: Definitions
    switches: Sequence[str]
    """The variables that @skip and @include may look at."""
    sizes: Sequence[str]
    """The variables that the cost may hang on."""
    trees: dict[object, _Tree] = field(default_factory=dict)
    costs: dict[object, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Document:
    weight: int
    node: DocumentNode | None = None
    operations: Mapping[str | None, _Operation] = field(default_factory=dict)
    """None of one that cannot be read, or is not valid."""
    fragments: dict[str, FragmentDetails] = field(default_factory=dict)


class Planner:
    """Plans requests for a schema."""

    def __init__(self, schema: Schema) -> None:
        self._strawberry = schema
        self._schema = schema._schema  # noqa: SLF001 - Strawberry's only door to graphql-core's schema
        self._documents: LRUCache[str, _Document] = LRUCache(
            DOCUMENTS_AT_MOST, getsizeof=lambda document: document.weight
        )
        self._statements: LRUCache[object, Statement] = LRUCache(
            STATEMENTS_AT_MOST, getsizeof=lambda statement: len(statement.sql) + BESIDE
        )
        self._bases = Bases()
        self._serials = count()

    def plan(
        self, text: str, name: str | None, variables: Mapping[str, Any] | None, context: object, most: int
    ) -> Planned:
        """Plan an operation of a document that costs at most so much. `context` is what resolvers find in their info.

        Raises `Unplannable` with the reason, where Strawberry's execution has to answer.
        """
        try:
            return self._plan(text, name, variables or {}, context, most)
        except (ApiError, GraphQLError) as error:
            raise Unplannable(REFUSED) from error

    def _plan(
        self, text: str, name: str | None, variables: Mapping[str, Any], context: object, most: int
    ) -> Planned:
        document = self._document(text)
        operation = _chosen(document, name)
        price = self._cost(document, operation, name, variables)
        if price > most:
            raise Unplannable(REFUSED)
        coerced = operation.variables.of(variables)
        if coerced is None:
            raise Unplannable(REFUSED)
        tree = self._tree(document, operation, coerced)
        asked = tree.questions.ask(context, coerced)
        key = (tree.serial, asked.shape)
        statement = self._statements.get(key)
        if statement is None:
            readings = tree.questions.readings(asked)
            statement = self._statements[key] = write(tree.fields, readings, self._bases)
        values = [asked.texts[place] for place in statement.picks]
        return Planned(statement.sql, values, price, statement.tables <= PUBLISHED, operation.name)

    def _document(self, text: str) -> _Document:
        """Return what was read of a document."""
        if len(text) > DOCUMENT_AT_MOST:
            raise Unplannable("a long document")
        document = self._documents.get(text)
        if document is None:
            document = self._documents[text] = self._read(text) or _Document(len(text))
        return document

    def _read(self, text: str) -> _Document | None:
        try:
            node = parse(text, max_tokens=TOKENS_AT_MOST)
        except GraphQLError:
            return None
        size = shape(node)
        if size.depth > DEPTH_AT_MOST or size.aliases > ALIASES_AT_MOST:
            return None
        if not is_valid(self._schema, node):
            return None
        operations = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
        fragments = [each for each in node.definitions if isinstance(each, FragmentDefinitionNode)]
        return _Document(
            len(text),
            node,
            {_name(each): self._operation(each) for each in operations},
            {each.name.value: FragmentDetails(each) for each in fragments},
        )

    def _operation(self, node: OperationDefinitionNode) -> _Operation:
        variables = node.variable_definitions or ()
        return _Operation(
            node,
            _name(node),
            Definitions(self._schema, variables),
            switches=[each.variable.name.value for each in variables if _is_boolean(each)],
            sizes=[each.variable.name.value for each in variables if not _is_boolean(each)],
        )

    def _tree(self, document: _Document, operation: _Operation, variables: Variables) -> _Tree:
        """Return the operation's fields for these values of its switches."""
        key = tuple(variables.coerced.get(name) for name in operation.switches)
        if key not in operation.trees:
            fields = Selection(self._strawberry, operation.node, document.fragments, variables).fields()
            _make_room(operation.trees, TREES_AT_MOST)
            operation.trees[key] = _Tree(next(self._serials), fields, Questions(fields))
        return operation.trees[key]

    def _cost(
        self, document: _Document, operation: _Operation, name: str | None, variables: Mapping[str, Any]
    ) -> int:
        key = tuple(_size(variables.get(each)) for each in operation.sizes)
        if key not in operation.costs:
            assert document.node is not None  # noqa: S101 - an operation of it was found
            _make_room(operation.costs, COSTS_AT_MOST)
            operation.costs[key] = cost(self._schema, document.node, name, variables)
        return operation.costs[key]


def _chosen(document: _Document, name: str | None) -> _Operation:
    operations = document.operations
    operation = operations.get(name) if name else next(iter(operations.values()), None)
    if operation is None or (not name and len(operations) > 1):
        raise Unplannable(REFUSED)
    if operation.node.operation is not OperationType.QUERY:
        raise Unplannable(operation.node.operation.value)
    return operation


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name else None


def _is_boolean(variable: VariableDefinitionNode) -> bool:
    kind = variable.type.type if isinstance(variable.type, NonNullTypeNode) else variable.type
    return isinstance(kind, NamedTypeNode) and kind.name.value == "Boolean"


def _size(value: object) -> object:
    """Return of a variable's value what the cost may hang on."""
    return len(value) if isinstance(value, list) else value if isinstance(value, int) else None


def _make_room(kept: dict[object, Any], most: int) -> None:
    if len(kept) >= most:
        kept.clear()
