"""Links: the decisions that a listing is, may be, or is not an asset."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class AssetLink(SQLModel, table=True):
    """One decision with its reasons. Never deleted: a link that no longer holds is retired."""

    __tablename__ = "asset_links"
    __table_args__ = (
        CheckConstraint("state IN ('accepted', 'review', 'rejected')", name="state"),
        Index(
            "uq_asset_links_accepted",
            "listing_id",
            unique=True,
            postgresql_where=text("state = 'accepted' AND retired_at IS NULL"),
        ),
        Index(
            "uq_asset_links_live",
            "listing_id",
            "asset_id",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
        Index("ix_asset_links_asset_id", "asset_id", postgresql_where=text("retired_at IS NULL")),
        Index(
            "ix_asset_links_review",
            text("score DESC"),
            "id",
            postgresql_where=text("state = 'review' AND retired_at IS NULL"),
        ),
        Index("ix_asset_links_decided_in", "decided_in", postgresql_where=text("decided_in IS NOT NULL")),
        Index("ix_asset_links_retired_in", "retired_in", postgresql_where=text("retired_in IS NOT NULL")),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity()])
    listing_id: int = Field(foreign_key="listings.id", sa_type=BigInteger)
    asset_id: int = Field(foreign_key="assets.id", sa_type=BigInteger)
    state: str
    method: str
    score: float
    reasons: list[str] = Field(default_factory=list, sa_type=JSONB)
    decided_by: str
    decided_at: datetime
    retired_at: datetime | None = None
    retired_because: str | None = None
    decided_in: int | None = Field(default=None, foreign_key="decisions.id", sa_type=BigInteger)
    """The person's decision that made it; None: the matcher made it."""
    retired_in: int | None = Field(default=None, foreign_key="decisions.id", sa_type=BigInteger)
    """The person's decision that it gave way to, and comes back with when that is undone."""
