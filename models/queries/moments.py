"""Moments as text, spelled in SQL just as readers are told them elsewhere: ISO 8601 in UTC with a `Z`."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func


def printed(at: ColumnElement[datetime]) -> ColumnElement[str]:
    """Print a moment; microseconds only where it has some. The session's time zone must be UTC."""
    exact: ColumnElement[str] = func.to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    return func.replace(exact, ".000000Z", "Z")
