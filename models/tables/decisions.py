"""Decisions: what people settled about listings and assets. They outrank the matcher until they are undone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlmodel import Field, SQLModel


class Decision(SQLModel, table=True):
    """One thing that a person settled. What it did to links and assets is marked there with its id."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("action IN ('accept', 'reject', 'merge', 'split')", name="action"),
        Index(
            "uq_decisions_origin",
            "origin",
            unique=True,
            postgresql_where=text("undone_at IS NULL AND origin IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    action: str
    asset_id: int = Field(foreign_key="assets.id", sa_type=BigInteger)
    """The asset it was said of: for a merge the one given up, for a split the one that listings left."""
    other_asset_id: int | None = Field(default=None, foreign_key="assets.id", sa_type=BigInteger)
    """For a merge the asset that stays, for a split or a rejection the one that the listings are now."""
    note: str | None = None
    origin: str | None = None
    """The line of the overrides file that says it; None: it came from the API."""
    decided_by: str
    decided_at: datetime
    undone_by: str | None = None
    undone_at: datetime | None = None
