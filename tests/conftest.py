"""What every test may ask for: a real PostgreSQL, and in it a freshly migrated database for each test."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from models import migrate
from models.db import Sessions, database
from models.private_postgres import private_postgres

# A law holds however busy the machine is.
hypothesis.settings.register_profile(
    "kasparro", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("kasparro")

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "recorded"
_numbers = count()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this run's own: `TEST_DATABASE_URL` names another (its account must be able to create databases)."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    root = tmp_path_factory.mktemp("postgres")
    with private_postgres(
        root, fsync="off", synchronous_commit="off", full_page_writes="off", max_connections="200"
    ) as url:
        yield url


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _run(url: str, statement: str, name: str, *others: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, (name, *others))))


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """The name of a database that has been through the migrations, to be cloned."""
    name = f"template_{os.getpid()}"
    _run(postgres_url, "CREATE DATABASE {}", name)
    migrate.upgrade(_named(postgres_url, name))
    return name


@contextmanager
def empty_database(url: str) -> Iterator[str]:
    """Make a database without tables for the length of the block; yields its URL."""
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    _run(url, "CREATE DATABASE {}", name)
    yield _named(url, name)
    _run(url, "DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def fresh_database(url: str, template: str) -> Iterator[str]:
    """Clone a migrated database for the length of the block; yields its URL."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    _run(url, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
    yield _named(url, name)
    _run(url, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """A fresh, migrated database, dropped after the test."""
    with fresh_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture
def second_database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """Another one, to compare with."""
    with fresh_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture
async def sessions(database_url: str) -> AsyncIterator[Sessions]:
    """Sessions on the test's own database."""
    async with database(database_url) as factory:
        yield factory


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded payloads beside the project; the test is skipped, with this reason, where it is absent."""
    if not RECORDED.is_dir():
        pytest.skip(
            "no recorded payloads beside the project (../shared/recorded): real-input tests need them"
        )
    return RECORDED
