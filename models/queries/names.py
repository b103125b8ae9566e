"""Finding text inside names, with the index of their trigrams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func

PARTS_FROM = 3
"""Letters that a part must have to be found by the index."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a name: as it was given, as LIKE finds it anywhere, and whether the index helps."""

    text: str
    anywhere: str
    is_indexed: bool

    @classmethod
    def of(cls, text: str) -> Part:
        """Take a part as somebody gave it."""
        return cls(text, f"%{escaped(text)}%", len(text) >= PARTS_FROM)


def contains(name: ColumnElement[Any], part: Part) -> ColumnElement[bool]:
    """Whether a name has `part` anywhere in it, in any case."""
    inside = func.lower(name).like(func.lower(part.anywhere))
    if not part.is_indexed:
        return inside
    found = func.name_trigrams(name).bool_op("@>")(func.name_trigrams(part.text))
    return and_(found, inside)


def escaped(text: str) -> str:
    """Write a text so that LIKE takes it by the letter."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
