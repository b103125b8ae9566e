"""Operations made out of the schema: any fields, nested, with arguments, aliases, fragments, variables and switches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_required_argument,
)
from hypothesis import strategies as st

from tests.factories import NOW

Draw = Callable[[st.SearchStrategy[Any]], Any]

DEPTH = 5
UIDS = ["bitcoin", "ethereum", "bitcoin-old", "dust", "nobody"]
SOURCES = ["coingecko", "coinpaprika", "coingecko_api", "nowhere"]
CURSORS = [
    "market_cap_usd-uid~ethereum~400",
    "market_cap_usd-uid~dust",
    "rank+uid~bitcoin~1",
    "name+uid~dust~Dust",
    "id-id~1~1",
    f"started_at-id~2~{NOW.isoformat()}",
    f"first_seen_at-id~1~{NOW.isoformat()}",
    "nonsense",
]
WORDS: dict[str, list[Any]] = {
    "uid": UIDS,
    "uids": [UIDS[:2], UIDS[2:], [], ['quote"d', "back\\slash", "{}"]],
    "source": SOURCES,
    "sourceId": ["bitcoin", "btc-bitcoin", "nobody", "50%_off\\"],
    "currency": ["usd", "eur", " EUR ", "btc", "dem", "doge"],
    "text": ["bit", "b", "ETH", "", "100%", "a_b", "eip155:1/erc20:0xABC", "0xabc", "(c", "oin"],
    "caip19": ["eip155:1/erc20:0xABC", "eip155:1/erc20:0xabd", "nonsense"],
    "symbol": ["btc", "ETH", "ß"],
    "nameContains": ["coin", "t", "%", "_", "\\"],
    "feed": ["quotes", "rates"],
    "reason": ["no_price", "odd"],
    "recordId": ["r1", "nobody"],
    "flow": ["etl", "ingest"],
    "prefectRunId": ["run-1", "run-2"],
    "id": ["1", "2", "999999999999999999999", "x"],
    "with": UIDS,
    "days": [7, 8, 30, 365, 6],
    "moment": [(NOW - timedelta(days=9)).isoformat(), (NOW + timedelta(days=9)).isoformat(), "0001-01-01"],
    "first": [1, 2, 3, 100, 0, 251],
    "last": [1, 2, 3],
    "points": [1, 3, 24],
    "after": CURSORS,
    "before": CURSORS,
    "from": [(NOW - timedelta(days=3)).isoformat(), (NOW - timedelta(hours=7)).isoformat(), "yesterday"],
    "to": [(NOW + timedelta(hours=1)).isoformat(), (NOW - timedelta(days=1)).isoformat()],
    "minMarketCap": ["0", "150.5", 400, "1e3"],
    "minRank": [1, 2],
    "maxRank": [1, 5],
}
"""What an argument may hold, by its name; most of it means something in the world of the tests."""


@dataclass(slots=True)
class Operation:
    """A document with the variables that it needs."""

    draw: Draw
    fields: int = 25
    variables: dict[str, Any] = field(default_factory=dict)
    definitions: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The fragments and definitions go before and behind the selection that `selection` made."""
        return f"query ({', '.join(self.definitions)})" if self.definitions else "query"

    def chance(self, one_in: int) -> bool:
        """Come true now and then."""
        return bool(self.draw(st.integers(0, one_in - 1)) == 0)

    def selection(self, kind: GraphQLObjectType, depth: int) -> str:
        """Select some fields of a type."""
        names = [name for name, each in kind.fields.items() if depth < DEPTH or _is_leaf(each)]
        chosen = self.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4)) if names else []
        self.fields -= len(chosen)
        if self.fields < 0:
            chosen = [name for name in chosen if _is_leaf(kind.fields[name])][:1]
        shown = [self.one(kind, name, depth, place) for place, name in enumerate(chosen)]
        if not shown or self.chance(8):
            shown.append("__typename")
        return "{ " + " ".join(shown) + " }"

    def one(self, kind: GraphQLObjectType, name: str, depth: int, place: int) -> str:
        """Select one field: under an alias that nothing else has, plainly, in a fragment, or behind a switch."""
        definition = kind.fields[name]
        inner = get_named_type(definition.type)
        below = self.selection(inner, depth + 1) if isinstance(inner, GraphQLObjectType) else ""
        told = f"a{place}_{name}: {name}{self.arguments(definition)}{self.switch()} {below}"
        if self.chance(10):
            return f"... on {kind.name} {{ {told} }}"
        if self.chance(10):
            fragment = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {fragment} on {kind.name} {{ {told} }}")
            return f"...{fragment}{self.switch()}"
        return told

    def switch(self) -> str:
        """Now and then a field is there or not."""
        if not self.chance(12):
            return ""
        directive = self.draw(st.sampled_from(["skip", "include"]))
        return f" @{directive}(if: {self.value(GraphQLNonNull(GraphQLBoolean), self.draw(st.booleans()))})"

    def arguments(self, definition: GraphQLField) -> str:
        """Give a field the arguments that it needs, and some of the others."""
        given = []
        for name, argument in definition.args.items():
            if is_required_argument(argument) or self.chance(3):
                given.append(f"{name}: {self.value(argument.type, self.meant(name, argument.type))}")
        return f"({', '.join(given)})" if given else ""

    def meant(self, name: str, kind: GraphQLInputType) -> Any:  # noqa: ANN401 - any JSON
        """Draw a value for an argument, as JSON has it."""
        if not isinstance(kind, GraphQLNonNull) and self.chance(6):
            return None
        plain = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
        named = get_named_type(plain)
        if isinstance(plain, GraphQLInputObjectType):
            names = self.draw(st.lists(st.sampled_from(list(plain.fields)), max_size=3, unique=True))
            return {each: self.meant(each, plain.fields[each].type) for each in names}
        if isinstance(named, GraphQLEnumType):
            return _Enum(self.draw(st.sampled_from(list(named.values))))
        if named.name == "Boolean":
            return self.draw(st.booleans())
        return self.draw(st.sampled_from(WORDS[name]))

    def value(self, kind: GraphQLInputType, meant: object) -> str:
        """Write a value into the document, or hand it over as a variable."""
        if self.chance(2):
            variable = f"v{len(self.variables)}"
            self.variables[variable] = _as_json(meant)
            self.definitions.append(f"${variable}: {kind}")
            return f"${variable}"
        return _literal(meant)


class _Enum(str):
    """The name of an enum's member, which is written without quotes."""

    __slots__ = ()


@st.composite
def operations(draw: Draw, query: GraphQLObjectType) -> tuple[str, dict[str, Any]]:
    """Draw an operation: its document and its variables."""
    operation = Operation(draw)
    selection = operation.selection(query, 0)
    return "\n".join([f"{operation.text} {selection}", *operation.fragments]), operation.variables


def _is_leaf(definition: GraphQLField) -> bool:
    return not isinstance(get_named_type(definition.type), GraphQLObjectType)


def _as_json(meant: object) -> object:
    if isinstance(meant, dict):
        return {name: _as_json(each) for name, each in meant.items()}
    return str(meant) if isinstance(meant, _Enum) else meant


def _literal(meant: object) -> str:  # noqa: PLR0911 - one for each kind of JSON
    match meant:
        case None:
            return "null"
        case bool():
            return str(meant).lower()
        case _Enum():
            return str(meant)
        case str():
            return '"' + meant.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case list():
            return "[" + ", ".join(map(_literal, meant)) + "]"
        case dict():
            return "{" + ", ".join(f"{name}: {_literal(each)}" for name, each in meant.items()) + "}"
    return str(meant)
