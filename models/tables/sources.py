"""Sources: the providers and files that this database knows."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel


class Source(SQLModel, table=True):
    """A provider or file, entered by the first run that reads it."""

    __tablename__ = "sources"

    name: str = Field(primary_key=True)
    title: str
    registered_at: datetime
