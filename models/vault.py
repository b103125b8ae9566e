"""Finding the database: the one that DATABASE_URL names, else a private one in the state folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from models.private_postgres import private_postgres
from models.settings import DatabaseSettings


@contextmanager
def open_vault(settings: DatabaseSettings) -> Iterator[str]:
    """Yield the database's URL; a private PostgreSQL runs at least as long as the block."""
    if settings.database_url:
        yield settings.database_url
        return
    with private_postgres(settings.kasparro_home / "postgres", database=settings.database_name) as url:
        yield url
