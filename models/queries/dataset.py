"""The dataset's version and origin."""

from __future__ import annotations

from sqlalchemy import func, literal, select, true

from models.queries.paging import Rows
from models.queries.tables import DATASET


def dataset() -> Rows:
    """Select one row: which `version` is published, when, and from which upstream; 0 before anything was."""
    always = select(literal(1).label("row")).subquery("always")
    version = func.coalesce(DATASET.c.version, 0).label("version")
    return select(version, DATASET.c.upstream, DATASET.c.published_at).select_from(
        always.outerjoin(DATASET, true())
    )
