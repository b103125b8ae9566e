"""Jobs: what is done for a source again and again, and how each stands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel


class SourceJob(SQLModel, table=True):
    """How a source's job stands after its last run that was not skipped. models/benching.py says what follows.

    CoinCap has two, which know nothing of each other: `refresh-csv` asks it, `ingest` reads the file.
    """

    __tablename__ = "source_jobs"
    __table_args__ = (CheckConstraint("outcome IN ('success', 'partial', 'failed')", name="outcome"),)

    source: str = Field(foreign_key="sources.name", primary_key=True)
    flow: str = Field(primary_key=True)
    outcome: str
    failures: int
    failing_since: datetime | None = None
    benched_until: datetime | None = None
    reason: str | None = None
    remedy: str | None = None
