"""Budgets: what each source may still be asked, shared by all workers."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel


class SourceBudget(SQLModel, table=True):
    """One source's rate and month, as of its last request. models/budgets.py says what the columns mean."""

    __tablename__ = "source_budgets"

    source: str = Field(foreign_key="sources.name", primary_key=True)
    requests_per_minute: float
    allowed_per_minute: float
    tokens: float
    refilled_at: datetime
    period_ends_at: datetime
    a_month: int | None = None
    spent_current: int
    spent_history: int
    shrunk_at: datetime | None = None
    paused_until: datetime | None = None
    paused_because: str | None = None
    exhausted_because: str | None = None
    pass_every_seconds: int | None = None
    pass_began_at: datetime | None = None
    pass_spent: int
    pass_cost: int | None = None
    daily_cost: int
    next_at: datetime | None = None
    next_because: str | None = None
