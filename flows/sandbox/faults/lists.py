"""Faults of which rows there are: twice, moved, renamed, missing."""

from __future__ import annotations

from flows.sandbox.faults.reply import Kind, Occasion, described
from flows.sandbox.faults.rows import Row, Rows, on_rows, read, rows_of, some

OVER_THE_EDGE = 3
"""How many rows fall from one page to the next while the list is walked."""


@on_rows
def duplicate_ids(rows: Rows, occasion: Occasion) -> Rows:
    """Repeat the first rows at the end, and those of the page before with them."""
    return rows + rows[:OVER_THE_EDGE] + _before(occasion)[:OVER_THE_EDGE]


@on_rows
def page_shift(rows: Rows, occasion: Occasion) -> Rows:
    """Move the list while it is walked: a page begins with the last rows of the one before, and lacks its own last."""
    fallen = _before(occasion)[-OVER_THE_EDGE:]
    return fallen + rows[: len(rows) - len(fallen)]


@on_rows
def renamed_ids(rows: Rows, occasion: Occasion) -> Rows:
    """Give one coin in ten another id, its symbol and name as before."""

    def renamed(row: Row) -> Row:
        return row | {"id": f"{row['id']}-renamed"} if "id" in row else row

    return some(rows, occasion, renamed)


@on_rows
def empty_list(_rows: Rows, _: Occasion) -> Rows:
    """List nothing, with status 200."""
    return []


@on_rows
def half_gone(rows: Rows, occasion: Occasion) -> Rows:
    """Leave out half of the rows."""
    kept = occasion.chance().sample(range(len(rows)), len(rows) // 2)
    return [rows[at] for at in sorted(kept)]


@on_rows
def texts_for_rows(rows: Rows, _: Occasion) -> Rows:
    """Put a text in place of every tenth row."""
    return ["no row" if at % 10 == 0 else row for at, row in enumerate(rows)]


def _before(occasion: Occasion) -> Rows:
    return (occasion.before and rows_of(read(occasion.before))) or []


FAULTS = described(Kind.DATA, duplicate_ids, page_shift, renamed_ids, empty_list, half_gone, texts_for_rows)
