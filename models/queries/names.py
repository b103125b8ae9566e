"""Finding text inside names, with the index of their trigrams."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, and_, func, literal

PARTS_FROM = 3
"""Letters that a part must have to be found by the index."""


def contains(name: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    """Whether a name has `part` anywhere in it, in any case."""
    inside = func.lower(name).like(func.lower(f"%{escaped(part)}%"))
    if len(part) < PARTS_FROM:
        return inside
    found = func.name_trigrams(name).bool_op("@>")(func.name_trigrams(literal(part, String)))
    return and_(found, inside)


def escaped(text: str) -> str:
    """Write a text so that LIKE takes it by the letter."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
