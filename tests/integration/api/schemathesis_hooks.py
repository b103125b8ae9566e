"""What Schemathesis must be told to ask GraphQL what is right: what descriptions say and types cannot.

`first` is 1 to 250, an id is a whole number as a list gives it, a cursor comes from a page, an address and a currency
have their forms, and `to` comes after `from`. Pages are kept small, so that what is asked stays within the cost that
is allowed.
"""

from __future__ import annotations

from typing import Any

import schemathesis
from graphql import (
    REMOVE,
    ArgumentNode,
    DocumentNode,
    IntValueNode,
    NullValueNode,
    StringValueNode,
    Visitor,
    visit,
)

from tests.integration.api import schemathesis_scalars

assert schemathesis_scalars.KNOWN

SIZE_AT_MOST = 5
SIZES = {"first", "points"}
CURSORS = {"after", "before", "last"}
TEXTS = {
    "id": "1",
    "caip19": "eip155:1/erc20:0x2260fac5e5542a773aa44fbcfedf7c193bc2c599",
    "currency": "EUR",
    "to": "9999-12-31T23:59:59Z",
}


class _Sensible(Visitor):
    def enter_argument(self, node: ArgumentNode, *_: Any) -> Any:  # noqa: ANN401 - what Visitor takes
        name, value = node.name.value, node.value
        if name in CURSORS:
            return REMOVE
        if name in SIZES and isinstance(value, IntValueNode):
            return _with(node, IntValueNode(value=str(1 + abs(int(value.value)) % SIZE_AT_MOST)))
        if name in TEXTS and not isinstance(value, NullValueNode):
            return _with(node, StringValueNode(value=TEXTS[name]))
        return None


def _with(node: ArgumentNode, value: IntValueNode | StringValueNode) -> ArgumentNode:
    return ArgumentNode(name=node.name, value=value)


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: DocumentNode) -> DocumentNode:
    """Put sensible values where the types allow others."""
    del context
    document: DocumentNode = visit(body, _Sensible())
    return document
