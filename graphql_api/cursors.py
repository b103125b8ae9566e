"""Cursors: the place of a row in an order, written down.

A place is the value that the row is sorted by and what settles ties; so a cursor stays good when rows come and go
around it, even its own. It names its order, since in another one it would lead astray. Clients treat it as opaque.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from graphql_api.errors import BadUserInput
from graphql_api.planner.rows import Row
from graphql_api.scalars import parse_datetime, parse_decimal, print_datetime, print_decimal
from models.queries.paging import Order, Place

CURSOR_AT_MOST = 20_000


def encode_cursor(row: Row, order: Order) -> str:
    """Write down a row's place."""
    place = [_print(getattr(row, name)) for name in order.names]
    return base64.urlsafe_b64encode(orjson.dumps([order.signature, *place])).decode().rstrip("=")


def decode_cursor(cursor: str, order: Order) -> Place:
    """Read a row's place. Raises `BadUserInput` for what this order did not write."""
    try:
        # Of an overlong one so little is read that it cannot be one.
        text = base64.b64decode(
            cursor[:CURSOR_AT_MOST] + "=" * (-len(cursor) % 4), altchars="-_", validate=True
        )
        signature, key, tie = orjson.loads(text)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadUserInput(
            "This is not a cursor: pass `endCursor` or `startCursor` as a page gave it."
        ) from error
    if signature != order.signature:
        raise BadUserInput(
            "This cursor belongs to a list in another order: begin anew when `orderBy` changes."
        )
    key_type, tie_type = order.types
    return Place(None if key is None and order.nullable else _parse(key, key_type), _parse(tie, tie_type))


def _print(value: object) -> object:
    match value:
        case Decimal():
            return print_decimal(value)
        case datetime():
            return print_datetime(value)
        case _:
            return value


def _parse(value: object, wanted: type[Any]) -> object:
    readers: dict[type[Any], Any] = {Decimal: parse_decimal, datetime: parse_datetime}
    if wanted in readers and isinstance(value, str):
        return readers[wanted](value)
    if isinstance(value, wanted) and not isinstance(value, bool):
        return value
    raise BadUserInput("This cursor was altered: pass `endCursor` or `startCursor` as a page gave it.")
