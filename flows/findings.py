"""What a run leaves for people to look at: records it could not use, fields nobody knows, matches it is not sure of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from models.db import Sessions
from models.queries.paging import ordered
from models.queries.records import rejects_of
from models.queries.reviews import LIKELIEST_FIRST, in_review
from models.queries.sources import drift_found_by

ROWS_AT_MOST = 100
Table = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Findings:
    """Rows as people read them, `ROWS_AT_MOST` of each kind."""

    rejects: Table
    reviews: Table
    drift: Table


async def find(sessions: Sessions, prefect_run_id: str) -> Findings:
    """Read what one of Prefect's runs found: its own rejects, the fields it saw first, and all doubts there are now."""
    async with sessions() as session:
        rejects = await session.execute(rejects_of(prefect_run_id).limit(ROWS_AT_MOST))
        drift = await session.execute(drift_found_by(prefect_run_id).limit(ROWS_AT_MOST))
        reviews = await session.execute(ordered(in_review(), LIKELIEST_FIRST).limit(ROWS_AT_MOST))
    return Findings(
        _table(rejects.mappings(), "source", "record_id", "reason", "detail"),
        _table(reviews.mappings(), "source", "source_id", "symbol", "name", "score", "method"),
        _table(drift.mappings(), "source", "feed", "field"),
    )


def _table(rows: Iterable[Any], *columns: str) -> Table:
    return [
        {column.replace("_", " "): "" if row[column] is None else str(row[column]) for column in columns}
        for row in rows
    ]
