"""What was received: the usable, raw, and the unusable with its reason."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Identity, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class RawRecord(SQLModel, table=True):
    """A payload as received. The same content is kept once, with the time it was first fetched."""

    __tablename__ = "raw_records"
    __table_args__ = (
        UniqueConstraint("source", "feed", "record_id", "content_hash"),
        Index("ix_raw_records_source_fetched_at", "source", "fetched_at"),
        Index("ix_raw_records_run_id", "run_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    source: str = Field(foreign_key="sources.name")
    feed: str
    record_id: str
    payload: Any = Field(sa_type=JSONB)
    content_hash: bytes
    fetched_at: datetime
    run_id: int = Field(foreign_key="etl_runs.id", sa_type=BigInteger)


class RawPage(SQLModel, table=True):
    """A page as it arrived: which payloads, in their order, by what request. So all that was said can be said again."""

    __tablename__ = "raw_pages"
    __table_args__ = (
        Index("ix_raw_pages_source_fetched_at", "source", "fetched_at"),
        Index("ix_raw_pages_run_id", "run_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    source: str = Field(foreign_key="sources.name")
    feed: str
    request: Any = Field(sa_type=JSONB)
    """Its path, params and context."""
    fetched_at: datetime
    as_of: datetime | None = None
    names_all: bool
    records: list[int] = Field(sa_type=ARRAY(BigInteger))
    """Keys of `raw_records`."""
    run_id: int = Field(foreign_key="etl_runs.id", sa_type=BigInteger)


class RejectedRecord(SQLModel, table=True):
    """A record, or a whole page, that could not be used. Kept once per content and reason."""

    __tablename__ = "rejected_records"
    __table_args__ = (
        UniqueConstraint("source", "feed", "record_id", "reason", "content_hash"),
        Index("ix_rejected_records_run_id", "run_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    source: str = Field(foreign_key="sources.name")
    feed: str
    record_id: str
    reason: str
    detail: str
    payload: Any = Field(sa_type=JSONB)
    content_hash: bytes
    rejected_at: datetime
    run_id: int = Field(foreign_key="etl_runs.id", sa_type=BigInteger)
