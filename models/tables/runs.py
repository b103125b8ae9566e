"""Runs: one row for each execution of a flow for a source."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlmodel import Field, SQLModel


class Run(SQLModel, table=True):
    """One execution: what it set out to do, what it did, and how it ended."""

    __tablename__ = "etl_runs"
    __table_args__ = (
        CheckConstraint("outcome IN ('running', 'success', 'skipped', 'partial', 'failed')", name="outcome"),
        Index("ix_etl_runs_started_at", text("started_at DESC")),
        Index("ix_etl_runs_source_started_at", "source", text("started_at DESC")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    flow: str
    source: str | None = Field(default=None, foreign_key="sources.name")
    parent_id: int | None = Field(default=None, foreign_key="etl_runs.id", sa_type=BigInteger, index=True)
    prefect_run_id: str | None = Field(default=None, index=True)
    outcome: str
    started_at: datetime
    finished_at: datetime | None = None
    pages: int = 0
    fetched: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    quoted: int = 0
    """Quotes that an ingest brought, held ones too: what is usual for its source is told by these."""
    error: str | None = None
    remedy: str | None = None
    dataset_version: int | None = Field(default=None, sa_type=BigInteger)
