"""What a document costs, and how large it is."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest
from graphql import GraphQLObjectType, build_schema, get_introspection_query, parse, validate

from graphql_api.cost import PAGE_AT_MOST, UNLESS_TOLD, UNSIZED, cost, shape

SCHEMA = build_schema(
    """
    interface Named { name: String }
    type Coin implements Named {
      uid: ID! name: String tags: [String!]!
      quotes(first: Int! = 50): [Quote!]!
      inputs: [Quote!]
      sparkline(points: Int!): [String!]!
      volatility(days: Int!): Quote
      averages(days: Int!, first: Int!): [Quote!]!
    }
    type Quote { price: String source: String }
    type Coins { edges: [Edge!]! nodes: [Coin!]! totalCount: Int! }
    type Edge { node: Coin! }
    type Query {
      version: Int! coin(uid: ID!): Coin
      coins(first: Int = null, last: Int, after: String): Coins!
      prices(uids: [ID!]!): [Quote!]!
      named: [Named!]!
    }
    type Mutation { run: Coin }
    """
)
# Strawberry states a default as a value, build_schema as a literal.
_QUOTES = cast("GraphQLObjectType", SCHEMA.type_map["Coin"]).fields["quotes"]
_QUOTES.args["first"].default_value = 50

COSTS: list[tuple[str, dict[str, Any], int]] = [
    ("{ version }", {}, 1),
    ("{ a: version b: version }", {}, 2),
    ("{ __typename }", {}, 1),
    ('{ coin(uid: "x") { uid name tags } }', {}, 4),
    ('{ coin(uid: "x") { quotes(first: 5) { price source } } }', {}, 1 + 1 + 5 * 2),
    ('{ coin(uid: "x") { quotes { price } } }', {}, 1 + 1 + 50),
    ('{ coin(uid: "x") { inputs { price } } }', {}, 1 + 1 + UNSIZED),
    ('{ coin(uid: "x") { sparkline(points: 30) } }', {}, 1 + 1 + 30),
    ('{ coin(uid: "x") { volatility(days: 90) { price } } }', {}, 1 + 1 + 90 + 1),
    ('{ coin(uid: "x") { averages(days: 9, first: 4) { price source } } }', {}, 1 + 1 + 9 + 4 * 2),
    ("{ coins(first: 10) { nodes { uid name } totalCount } }", {}, 1 + 1 + 10 * 2 + 1),
    ("{ coins(last: 10) { edges { node { uid } } } }", {}, 1 + 1 + 10 * (1 + 1)),
    ("{ coins { nodes { uid } } }", {}, 1 + 1 + UNLESS_TOLD),
    ("{ coins(first: 100000) { nodes { uid } } }", {}, 1 + 1 + PAGE_AT_MOST),
    ("{ coins(first: -5) { nodes { uid } } }", {}, 1 + 1 + UNSIZED),
    ("{ coins(first: 3) { nodes { quotes(first: 4) { price } } } }", {}, 1 + 1 + 3 * (1 + 4)),
    ("query ($n: Int) { coins(first: $n) { nodes { uid } } }", {"n": 7}, 1 + 1 + 7),
    ("query ($n: Int = 8) { coins(first: $n) { nodes { uid } } }", {}, 1 + 1 + 8),
    ("query ($n: Int = 8) { coins(first: $n) { nodes { uid } } }", {"n": 9}, 1 + 1 + 9),
    ("query ($n: Int) { coins(first: $n) { nodes { uid } } }", {"n": "many"}, 1 + 1 + UNLESS_TOLD),
    ('{ prices(uids: ["a", "b", "c"]) { price } }', {}, 1 + 3),
    ("query ($u: [ID!]!) { prices(uids: $u) { price } }", {"u": ["a", "b"]}, 1 + 2),
    ("{ coins(first: 2) { ...Page } } fragment Page on Coins { nodes { uid ... { name } } }", {}, 1 + 1 + 4),
    ("{ named { name ... on Coin { uid } } }", {}, 1 + UNSIZED * 2),
    ("mutation { run { uid } }", {}, 2),
]


@pytest.mark.parametrize(("document", "variables", "expected"), COSTS)
def test_a_field_costs_one_for_every_row(document: str, variables: dict[str, Any], expected: int) -> None:
    parsed = parse(document)
    assert validate(SCHEMA, parsed) == []
    assert cost(SCHEMA, parsed, None, variables) == expected


def test_only_the_operation_that_is_executed_counts() -> None:
    document = parse("query A { version } query B { a: version b: version c: version }")
    assert [cost(SCHEMA, document, name, None) for name in ("A", "B")] == [1, 3]


def test_introspection_is_priced() -> None:
    assert 1_000 < cost(SCHEMA, parse(get_introspection_query()), None, None) < 100_000


@pytest.mark.parametrize(
    ("document", "depth", "aliases"),
    [
        ("{ version }", 1, 0),
        ("{ coins { nodes { a: uid b: uid } } }", 3, 2),
        (
            "{ ...F ...F } fragment F on Query { a: coins { ...G } } fragment G on Coins { t: totalCount }",
            2,
            4,
        ),
        ("{ ...F } fragment F on Query { a: version ...F }", 1, 1),
        ("{ ...Unknown }", 0, 0),
        ("query A { version } query B { a: coins { totalCount } }", 2, 1),
    ],
)
def test_how_deep_and_with_how_many_aliases(document: str, depth: int, aliases: int) -> None:
    measured = shape(parse(document))
    assert (measured.depth, measured.aliases) == (depth, aliases)


def test_fragments_that_double_a_hundred_times_take_no_time() -> None:
    doubling = "".join(f" fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(100))
    document = parse("{ ...F0 }" + doubling + " fragment F100 on Query { a: version }")
    began = time.perf_counter()
    assert shape(document).aliases == 2**100
    assert cost(SCHEMA, document, None, None) == 2**100
    assert time.perf_counter() - began < 0.5
