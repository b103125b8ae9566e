"""The dataset's version and origin: one row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel


class DatasetVersion(SQLModel, table=True):
    """Grows by one each time a run publishes something that changed: every cache and ETag hangs on it."""

    __tablename__ = "dataset_version"
    __table_args__ = (
        CheckConstraint("id = 1", name="single_row"),
        CheckConstraint("upstream IN ('SANDBOX', 'LIVE')", name="upstream"),
    )

    id: int = Field(default=1, primary_key=True)
    version: int = Field(default=0, sa_type=BigInteger)
    upstream: str | None = None
    published_at: datetime | None = None
