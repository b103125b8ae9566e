"""Prunings: what was thrown away because it was older than the settings keep it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index
from sqlmodel import Field, SQLModel


class Pruning(SQLModel, table=True):
    """One time that a table was pruned: how many rows went, and before which moment they were.

    With a `month`: all of its price points went at once, and points of it that come late are not kept.
    """

    __tablename__ = "prunings"
    __table_args__ = (Index("ix_prunings_subject_pruned_at", "subject", "pruned_at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    subject: str
    month: datetime | None = None
    before_at: datetime
    rows: int = Field(sa_type=BigInteger)
    pruned_at: datetime
