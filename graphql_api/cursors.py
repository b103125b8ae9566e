"""Cursors: the place of a row in an order, written down.

A place is the value that the row is sorted by and what settles ties; so a cursor stays good when rows come and go
around it, even its own. It names its order, since in another one it would lead astray. Clients treat it as opaque.

Written `order~tie~key`, or `order~tie` where the key is null: Postgres writes that cheaply, and only the key may have
a `~` in it.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from graphql_api.errors import BadUserInput
from graphql_api.planner.rows import Row
from graphql_api.scalars import parse_datetime, parse_decimal, print_datetime, print_decimal
from models.queries.paging import Order, Place

CURSOR_AT_MOST = 20_000
BETWEEN = "~"


def encode_cursor(row: Row, order: Order) -> str:
    """Write down a row's place."""
    key, tie = (getattr(row, name) for name in order.names)
    return BETWEEN.join([order.signature, _print(tie), *([] if key is None else [_print(key)])])


def decode_cursor(cursor: str, order: Order) -> Place:
    """Read a row's place. Raises `BadUserInput` for what this order did not write."""
    # Of an overlong one so little is read that it cannot be one.
    signature, *place = cursor[:CURSOR_AT_MOST].split(BETWEEN, 2)
    if not place:
        raise BadUserInput("This is not a cursor: pass `endCursor` or `startCursor` as a page gave it.")
    if signature != order.signature:
        raise BadUserInput(
            "This cursor belongs to a list in another order: begin anew when `orderBy` changes."
        )
    (tie, *key), (key_type, tie_type) = place, order.types
    if not key and not order.nullable:
        raise BadUserInput(_ALTERED)
    found = Place(_parse(key[0], key_type) if key else None, _parse(tie, tie_type))
    if not order.holds(found):
        raise BadUserInput(_ALTERED)
    return found


_ALTERED = "This cursor was altered: pass `endCursor` or `startCursor` as a page gave it."


def _print(value: object) -> str:
    match value:
        case Decimal():
            return print_decimal(value)
        case datetime():
            return print_datetime(value)
        case float():
            return repr(value).removesuffix(".0")  # as Postgres writes it
        case _:
            return str(value)


def _parse(text: str, wanted: type[Any]) -> object:
    readers: dict[type[Any], Any] = {Decimal: parse_decimal, datetime: parse_datetime}
    try:
        return readers.get(wanted, wanted)(text)
    except ValueError as error:
        raise BadUserInput(_ALTERED) from error
