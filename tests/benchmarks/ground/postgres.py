"""The PostgreSQL that everything is measured on, and migrated databases in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from models import migrate
from models.private_postgres import private_postgres

SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB", "max_connections": "200"}
"""Room, so that no checkpoint falls into a round. Durability stays on: what is loaded must be safe."""
_numbers = count(1)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Yield the URL of a server of this run's own; `TEST_DATABASE_URL` names another, as for the tests."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with private_postgres(folder / "postgres", **SETTINGS) as url:
        yield url


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Yield the URL of a database that went through the migrations; it is dropped at the end."""
    name = f"bench_{os.getpid()}_{next(_numbers)}"
    _run(server_url, "CREATE DATABASE {}", name)
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    try:
        migrate.upgrade(url)
        yield url
    finally:
        _run(server_url, "DROP DATABASE {} WITH (FORCE)", name)


def _run(url: str, statement: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def version(url: str) -> str:
    """Tell the server's version."""
    with psycopg.connect(url) as connection:
        return str(connection.execute("SHOW server_version").fetchone()[0]).split()[0]  # type: ignore[index]
