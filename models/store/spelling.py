"""How rows are spelled for COPY: as text, one line each.

Postgres reads its binary format a little faster, but a Decimal costs Python five times as much to be spelled in it,
and a row of prices is mostly Decimals. Rows come as columns: so each kind of value is spelled in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, types
from sqlalchemy.dialects.postgresql import JSONB

Row = Mapping[str, Any]
Columns = Mapping[str, Iterable[Any]]
"""Values by column, all columns equally long, each to be gone through once. JSON is text already."""

NOTHING = str(None)
"""What stands for NULL, so that no column has to be searched for it. A text of these letters is escaped."""

_PRINTED_ALIKE = (types.Integer, types.Numeric, types.Boolean, types.DateTime)
"""Types whose values, spelled here, look as Postgres prints them, or look like no other value."""


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Turn rows, all with the same keys, into columns."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def lines(table: Table, columns: Columns) -> list[str]:
    """Spell rows of a table: tabs between the values, no line break at the end."""
    spelled = [_spelled(table.c[name].type, values) for name, values in columns.items()]
    return list(map("\t".join(["%s"] * len(spelled)).__mod__, zip(*spelled, strict=True)))


def is_printed_alike(table: Table, names: Iterable[str]) -> bool:
    """Tell whether `lines` of these columns are equal to those that Postgres prints only where the values are."""
    kinds = [_plain(table.c[name].type) for name in names]
    return all(isinstance(kind, _PRINTED_ALIKE) and not isinstance(kind, types.Float) for kind in kinds)


def _plain(kind: types.TypeEngine[Any]) -> types.TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, types.TypeDecorator) else kind


def _spelled(kind: types.TypeEngine[Any], values: Iterable[Any]) -> Iterable[object]:
    spell = next((spell for known, spell in _SPELLINGS if isinstance(_plain(kind), known)), None)
    return values if spell is None else spell(values)


def _texts(values: Iterable[str | None]) -> Iterator[str | None]:
    for value in values:
        if value is None or value == NOTHING:
            yield value and f"\\{value}"
        else:
            yield value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _moments(values: Iterable[datetime | None]) -> Iterator[str | None]:
    """Spell times as Postgres prints them; one that a whole page has is spelled once."""
    last: datetime | None = None
    spelled: str | None = None
    for value in values:
        if value != last:
            last, spelled = value, None if value is None else _moment(value)
        yield spelled


def _moment(value: datetime) -> str:
    """Leave out zeros at the end of the fraction, and the minutes of the zone."""
    text = value.isoformat(" ").removesuffix(":00")
    return f"{text[:-3].rstrip('0')}{text[-3:]}" if value.microsecond and text[-3] in "+-" else text


def _truths(values: Iterable[bool | None]) -> Iterator[str | None]:
    return (None if value is None else str(value).lower() for value in values)


def _bytes(values: Iterable[bytes | None]) -> Iterator[str | None]:
    return (None if value is None else f"\\\\x{value.hex()}" for value in values)


_SPELLINGS: tuple[tuple[type[types.TypeEngine[Any]], Callable[[Iterable[Any]], Iterable[object]]], ...] = (
    (JSONB, _texts),
    (types.String, _texts),
    (types.DateTime, _moments),
    (types.Boolean, _truths),
    (types.LargeBinary, _bytes),
)
"""Numbers need no spelling: what Python prints, Postgres reads."""
