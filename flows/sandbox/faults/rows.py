"""The rows inside a reply: found in each provider's envelope, changed, and put back.

Read and written by the standard library: it writes NaN, which no careful one does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import wraps
from typing import Any

from flows.sandbox.faults.reply import Occasion, Reply, Rewrite

Row = dict[str, Any]
Path = tuple[str, ...]
"""The names that lead to a field."""
Rows = list[Any]
RowChange = Callable[[Rows, Occasion], Rows]

PRICES = (("current_price",), ("quotes", "USD", "price"), ("priceUsd",))
"""Where each provider has a coin's price."""

NAMING = frozenset({"id", "symbol", "name"})
"""Fields that no provider leaves empty."""


def read(reply: Reply) -> Any:  # noqa: ANN401 - JSON is anything
    """Read a body as JSON; None for one that is none."""
    try:
        return json.loads(reply.body)
    except ValueError:
        return None


def write(reply: Reply, data: object) -> Reply:
    """Put another body into a reply."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return replace(reply, body=text.encode("utf-8", "surrogatepass"))


def rows_of(data: object) -> Rows | None:
    """Find the rows: a bare array, or the envelope's `data`; None where there are none."""
    found = data.get("data") if isinstance(data, dict) else data
    return found if isinstance(found, list) else None


def on_rows(change: RowChange) -> Rewrite:
    """Make a fault of what happens to the rows. A body without rows stays as it is."""

    @wraps(change)
    def rewrite(reply: Reply, occasion: Occasion) -> Reply:
        data = read(reply)
        rows = rows_of(data)
        if rows is None:
            return reply
        return write(reply, with_rows(data, change(rows, occasion)))

    return rewrite


def with_rows(data: object, rows: Rows) -> object:
    """Put rows back where `rows_of` found them."""
    return data | {"data": rows} if isinstance(data, dict) else rows


def each(rows: Rows, change: Callable[[Row, int], Row]) -> Rows:
    """Change every row that is an object, by what it says and its place."""
    return [change(row, at) if isinstance(row, dict) else row for at, row in enumerate(rows)]


def some(rows: Rows, occasion: Occasion, change: Callable[[Row], Row]) -> Rows:
    """Change one row in ten, chosen by the occasion; of few rows at least one."""
    chosen = set(occasion.chance().sample(range(len(rows)), -(-len(rows) // 10)))
    return each(rows, lambda row, at: change(row) if at in chosen else row)


def leaves(row: Mapping[str, Any], above: Path = ()) -> list[Path]:
    """List the paths of a row's fields that may be empty: those inside objects, and all others but its names."""
    paths: list[Path] = []
    for name, value in row.items():
        path = (*above, name)
        if isinstance(value, dict) and value:
            paths += leaves(value, path)
        elif path[0] not in NAMING:
            paths.append(path)
    return paths


def with_value(row: Row, path: Path, value: object) -> Row:
    """Put a value at a path."""
    name, *rest = path
    return row | {name: with_value(row[name], tuple(rest), value) if rest else value}


def without(row: Row, path: Path) -> Row:
    """Take the field at a path out."""
    name, *rest = path
    if rest:
        return row | {name: without(row[name], tuple(rest))}
    return {other: row[other] for other in row if other != name}


def value_at(row: object, path: Path) -> Any:  # noqa: ANN401 - JSON is anything
    """Read the value at a path; None where there is no such path."""
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def with_price(row: Row, change: Callable[[float], float]) -> Row:
    """Change a row's price, spelled as before; a row without one stays as it is."""
    for path in PRICES:
        if (price := value_at(row, path)) is not None:
            changed = change(float(price))
            return with_value(row, path, f"{changed:.18f}" if isinstance(price, str) else changed)
    return row
