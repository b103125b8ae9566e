"""Writing down which sources there are, and whose prices this database holds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.db import DatabaseUnavailable
from models.outcomes import Upstream
from models.tables import DatasetVersion, Source


async def register_sources(session: AsyncSession, titles: dict[str, str], at: datetime) -> None:
    """Enter sources by name and title; a known one only gets its title renewed."""
    for name, title in titles.items():
        entry = insert(Source).values(name=name, title=title, registered_at=at)
        changed = Source.title != entry.excluded.title
        await session.execute(
            entry.on_conflict_do_update(index_elements=["name"], set_={"title": title}, where=changed)  # type: ignore[arg-type] # SQLModel types columns as their values
        )


async def claim_upstream(session: AsyncSession, upstream: Upstream) -> None:
    """Bind the database to `upstream`, or refuse: simulated prices never mix with real ones."""
    await session.execute(
        insert(DatasetVersion).values(id=1, version=0, upstream=upstream).on_conflict_do_nothing()
    )
    row = await session.execute(text("SELECT upstream FROM dataset_version WHERE id = 1"))
    if (claimed := row.scalar_one()) != upstream:
        raise DatabaseUnavailable(
            f"this database holds {claimed} prices and UPSTREAM is {upstream}: "
            "point DATABASE_URL at another database, or set UPSTREAM back"
        )
