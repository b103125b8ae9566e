"""Two databases compared: every table that the catalog knows, each row by what it is called and says outside.

A table or a column that is added later is compared without anybody remembering it. What is left out is listed, with
the reason, in `left_out`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psycopg

from tests.e2e.faults.left_out import COLUMNS, NAMED, ROWS, TABLES, UNDATED, WHETHER

Rows = Mapping[str, Counter[str]]
"""The rows of each table, as text, with how often each is there."""

_COLUMNS = """
    SELECT relname, array_agg(attname::text ORDER BY attnum)
    FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
    GROUP BY relname ORDER BY relname
"""
_KEYS = """
    SELECT conrelid::regclass::text || '.' || attname
    FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY(conkey)
    JOIN pg_type ON pg_type.oid = atttypid
    WHERE contype = 'f' AND typname = 'int8'
"""
LONG = ("payload",)
BETWEEN = " | "
NAMES = {"price_points": 2, "price_candles": 3, "assets": 1, "asset_links": 1}
"""How many of a row's columns, from the first, say which it is; of links, whose."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is missing and what is there too often, by table."""

    lost: Mapping[str, Counter[str]]
    doubled: Mapping[str, Counter[str]]

    @property
    def counts(self) -> tuple[int, int]:
        """How many rows were lost, and how many doubled."""
        return sum(c.total() for c in self.lost.values()), sum(c.total() for c in self.doubled.values())

    def told(self, at_most: int = 5) -> str:
        """Show the first rows of each table that differ."""
        lines = []
        for kind, tables, others in (("lost", self.lost, self.doubled), ("doubled", self.doubled, self.lost)):
            for table, rows in tables.items():
                shown = [f"    {_brief(row, others.get(table, {}))}" for row in sorted(rows)[:at_most]]
                lines += [f"  {kind} in {table}: {rows.total()}", *shown]
        return "\n".join(lines)


def rows_of(url: str) -> Rows:
    """Read every row of a database as it is compared."""
    with psycopg.connect(url) as connection:
        inside = {name for (name,) in connection.execute(_KEYS).fetchall()}
        found = {}
        for table, columns in connection.execute(_COLUMNS).fetchall():
            if table not in TABLES:
                told = connection.execute(_select(table, columns, inside)).fetchall()
                rows = Counter(dict(told))
                found[table] = Counter(set(rows)) if table in UNDATED else rows
        return found


def compare(
    undisturbed: Rows,
    mended: Rows,
    *,
    written_down: frozenset[str] = frozenset(),
    drawn_from: frozenset[str] = frozenset(),
) -> Difference:
    """Compare what should be there with what is.

    In tables of `written_down` the fault itself may leave rows. In those of `drawn_from` it may change what rows say,
    too: there they are compared by what names them.
    """
    tables = {*undisturbed, *mended}
    undisturbed, mended = (_by_name(rows, drawn_from) for rows in (undisturbed, mended))
    written_down |= drawn_from
    nothing: Counter[str] = Counter()
    lost = {t: undisturbed.get(t, nothing) - mended.get(t, nothing) for t in tables}
    doubled = {t: mended.get(t, nothing) - undisturbed.get(t, nothing) for t in tables - written_down}
    return Difference({t: c for t, c in lost.items() if c}, {t: c for t, c in doubled.items() if c})


def _by_name(rows: Rows, tables: frozenset[str]) -> Rows:
    """Leave of the rows of some tables only what names each."""
    named = {
        table: Counter({BETWEEN.join(row.split(BETWEEN)[: NAMES[table]]) for row in rows.get(table, ())})
        for table in tables
    }
    return {**rows, **named}


def _brief(row: str, others: Iterable[str]) -> str:
    """Show a row: all of it, or where one of the others is nearly the same, what names it and what is different."""
    parts = row.split(BETWEEN)
    near = max((set(parts) & set(other.split(BETWEEN)) for other in others), key=len, default=set())
    if 2 * len(near) > len(parts):
        parts = parts[:1] + [part for part in parts[1:] if part not in near]
    return BETWEEN.join(parts)[:300]


def _select(table: str, columns: list[str], inside: set[str]) -> str:
    shown = [
        _shown(table, column, is_inside=f"{table}.{column}" in inside)
        for column in columns
        if not {f"*.{column}", f"{table}.{column}"} & COLUMNS.keys()
    ]
    only = f" WHERE {ROWS[table][0]}" if table in ROWS else ""
    return f"SELECT concat_ws('{BETWEEN}', {', '.join(shown)}), count(*) FROM {table} AS it{only} GROUP BY 1"


def _shown(table: str, column: str, *, is_inside: bool) -> str:
    if column in NAMED:
        return _text(column, NAMED[column])
    if is_inside:
        raise LookupError(
            f"{table}.{column} is a key of the inside: say in left_out.NAMED how its row is called"
        )
    if column in WHETHER:
        return _text(column, f'it."{column}" IS NOT NULL')
    if column in LONG:
        return _text(column, f'md5(it."{column}"::text)')
    return _text(column, f'it."{column}"')


def _text(column: str, expression: str) -> str:
    return f"'{column}=' || coalesce(({expression})::text, 'null')"
