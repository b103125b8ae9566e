"""Bases: the Selects of models/queries as SQL text, with holes, ready to stand in a larger statement.

Compiling a Select takes longer than all the rest of planning. What it becomes hangs on the query and the shape of its
arguments alone, not on the document: so a document never seen before finds its bases compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache
from sqlalchemy import Select, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import visitors

from graphql_api.planner.values import MARK, OUTER
from models.queries.paging import Rows

BASES_AT_MOST = 1_000
DIALECT = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call] # SQLAlchemy's own
"""Doubles no percent signs, and no values are left for it to number: constants stand in the text."""


@dataclass(frozen=True, slots=True)
class Base:
    """A Select as text in pieces; an odd piece is the number of a hole."""

    pieces: tuple[str, ...]
    tables: frozenset[str]

    def text(self, parameter: Callable[[int], str], outer: str = "") -> str:
        """Write it down with the parameters and the outer column in its holes."""
        return "".join(
            (outer if piece == str(OUTER) else parameter(int(piece))) if odd % 2 else piece
            for odd, piece in enumerate(self.pieces)
        )


class Bases:
    """The bases compiled last."""

    def __init__(self) -> None:
        self._known: LRUCache[object, Base] = LRUCache(BASES_AT_MOST)

    def of(self, key: object, select: Callable[[], Rows]) -> Base:
        """Return the base of a key, compiled from `select()` where it is not known."""
        base = self._known.get(key)
        if base is None:
            base = self._known[key] = compiled(select())
        return base


def compiled(select: Select[tuple[object, ...]]) -> Base:
    """Compile a Select with holes. Constants go into the text, where they lead the planner of Postgres."""
    text = str(select.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))
    tables = {part.name for part in visitors.iterate(select) if isinstance(part, Table)}
    return Base(tuple(text.split(MARK)), frozenset(tables))
