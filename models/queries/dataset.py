"""The dataset's version and origin."""

from __future__ import annotations

from sqlalchemy import select

from models.queries.paging import Rows
from models.queries.tables import DATASET


def dataset() -> Rows:
    """Select the one row that says which version is published, when, and from which upstream."""
    return select(DATASET.c.version, DATASET.c.upstream, DATASET.c.published_at)
