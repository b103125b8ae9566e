"""What "stale" means, said once: the newest thing known is older than the age that was asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func


def is_stale(as_of: ColumnElement[Any], stale_before: datetime) -> ColumnElement[bool]:
    """Whether what is known is from before `stale_before`; something never known is stale."""
    return func.coalesce(as_of < stale_before, True)
