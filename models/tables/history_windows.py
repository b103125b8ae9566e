"""What was asked of each listing's history, so that nothing is asked twice."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel


class HistoryWindow(SQLModel, table=True):
    """A calendar year of a listing: its days from first to last were asked for. Written with the points they brought."""

    __tablename__ = "history_windows"
    __table_args__ = (CheckConstraint("first_on <= last_on", name="order"),)

    listing_id: int = Field(foreign_key="listings.id", primary_key=True, sa_type=BigInteger)
    year: int = Field(primary_key=True)
    first_on: date
    last_on: date
    points: int
    reason: str | None = None
    """Why there are none: what the provider answered."""
    asked_at: datetime
    run_id: int = Field(foreign_key="etl_runs.id", sa_type=BigInteger, index=True)
