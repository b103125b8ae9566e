"""Moments in SQL: between two others, and as text, spelled as readers are told them elsewhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func


def between(
    at: ColumnElement[datetime], start: datetime | None, end: datetime | None
) -> list[ColumnElement[bool]]:
    """Ask for moments from `start` to before `end`; None asks nothing."""
    return [*([] if start is None else [at >= start]), *([] if end is None else [at < end])]


def printed(at: ColumnElement[datetime]) -> ColumnElement[str]:
    """Print a moment as ISO 8601 with a `Z`, microseconds only where it has some. The session must speak UTC."""
    exact: ColumnElement[str] = func.to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    return func.replace(exact, ".000000Z", "Z")
