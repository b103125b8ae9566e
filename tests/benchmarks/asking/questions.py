"""What is asked of every contender: five questions, in the words of each schema, that want the same rows and values.

Our documents are the plain Strawberry build's too, since its schema has the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Dialect(StrEnum):
    """Whose schema a document is written for."""

    OURS = "ours"
    POSTGRAPHILE = "postgraphile"


class Draw(StrEnum):
    """What is random in a question."""

    NOTHING = "nothing"
    UID = "uid"
    CURSOR = "cursor"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that clients ask."""

    name: str
    title: str
    rows: int
    """How many rows an answer has, those within rows too."""
    documents: dict[Dialect, str]
    draw: Draw = Draw.NOTHING

    def body(self, dialect: Dialect, drawn: str | None) -> dict[str, Any]:
        """Spell a request."""
        variable = "uid" if self.draw is Draw.UID else "after"
        variables = {} if drawn is None else {variable: drawn}
        return {"query": self.documents[dialect], "variables": variables}


_EIGHT = "uid symbol name rank marketCapUsd percentChange24h updatedAt price { priceUsd }"
_EIGHT_OF_ITS = "uid symbol name rank marketCapUsd percentChange24h: percentChange24H updatedAt priceUsd"
_QUOTE = "source priceUsd marketCapUsd volumeUsd24h percentChange24h fetchedAt"
_QUOTE_OF_ITS = (
    "source priceUsd marketCapUsd volumeUsd24h: volumeUsd24H percentChange24h: percentChange24H fetchedAt"
)
_LARGEST = "condition: {retiredAt: null}, orderBy: [MARKET_CAP_USD_DESC, UID_ASC]"
_PAGE = "edges { cursor node { uid symbol name rank marketCapUsd } } pageInfo { hasNextPage endCursor }"

QUESTIONS = (
    Question(
        "Q1",
        "100 assets x 8 fields",
        100,
        {
            Dialect.OURS: f"query Q1 {{ assets(first: 100) {{ nodes {{ {_EIGHT} }} }} }}",
            Dialect.POSTGRAPHILE: f"query Q1 {{ assets: assetsList(first: 100, {_LARGEST}) {{ {_EIGHT_OF_ITS} }} }}",
        },
    ),
    Question(
        "Q2",
        "100 assets x (4 fields + 3 quotes x 6)",
        400,
        {
            Dialect.OURS: f"query Q2 {{ assets(first: 100) {{ nodes {{ uid symbol name rank quotes {{ {_QUOTE} }} }} }} }}",
            Dialect.POSTGRAPHILE: f"query Q2 {{ assets: assetsList(first: 100, {_LARGEST}) {{ uid symbol name rank"
            f" quotes: quotesList(orderBy: [SOURCE_ASC, SOURCE_ID_ASC]) {{ {_QUOTE_OF_ITS} }} }} }}",
        },
    ),
    Question(
        "Q3",
        "one asset by uid x 8 fields",
        0,
        {
            Dialect.OURS: f"query Q3($uid: String!) {{ asset(uid: $uid) {{ {_EIGHT} }} }}",
            Dialect.POSTGRAPHILE: f"query Q3($uid: String!) {{ asset: assetByUid(uid: $uid) {{ {_EIGHT_OF_ITS} }} }}",
        },
        Draw.UID,
    ),
    Question(
        "Q4",
        "newest 250 points of one asset x 3 fields",
        250,
        {
            Dialect.OURS: "query Q4($uid: String!) { asset(uid: $uid) { uid"
            " history(first: 250) { observedAt priceUsd volumeUsd24h } } }",
            Dialect.POSTGRAPHILE: "query Q4($uid: String!) { asset: assetByUid(uid: $uid) { uid"
            " history: historyList(first: 250, orderBy: [OBSERVED_AT_DESC, SOURCE_ASC, SOURCE_ID_ASC])"
            " { observedAt priceUsd volumeUsd24h: volumeUsd24H } } }",
        },
        Draw.UID,
    ),
    Question(
        "Q5",
        "page of 50 assets after a cursor, edges and pageInfo",
        50,
        {
            Dialect.OURS: f"query Q5($after: String) {{ assets(first: 50, after: $after) {{ {_PAGE} }} }}",
            Dialect.POSTGRAPHILE: "query Q5($after: Cursor)"
            f" {{ assets(first: 50, after: $after, {_LARGEST}) {{ {_PAGE} }} }}",
        },
        Draw.CURSOR,
    ),
)

WALK = {
    Dialect.OURS: "query Walk($after: String) { assets(first: 250, after: $after) { edges { cursor } } }",
    Dialect.POSTGRAPHILE: "query Walk($after: Cursor)"
    f" {{ assets(first: 250, after: $after, {_LARGEST}) {{ edges {{ cursor }} }} }}",
}
"""Collects the cursors to continue after: each server has its own way of writing them."""
