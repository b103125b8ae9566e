"""How far each source's feeds got, and what they said that nobody expected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Checkpoint(SQLModel, table=True):
    """How far one feed got. Advanced in the transaction that stores the page."""

    __tablename__ = "etl_checkpoints"

    source: str = Field(foreign_key="sources.name", primary_key=True)
    feed: str = Field(primary_key=True)
    page: str
    records: int
    fingerprint: bytes
    completed_at: datetime | None = None
    updated_at: datetime
    run_id: int = Field(foreign_key="etl_runs.id", sa_type=BigInteger)


class SourceDrift(SQLModel, table=True):
    """A key that a source sends and we neither read nor ignore on purpose: seen, never fatal."""

    __tablename__ = "source_drift"

    source: str = Field(foreign_key="sources.name", primary_key=True)
    feed: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    example: Any = Field(sa_type=JSONB)
    first_seen_at: datetime
