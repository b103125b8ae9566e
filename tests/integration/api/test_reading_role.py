"""Queries are read through a role that cannot write, whatever a statement says."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from graphql_api.app import create_app
from graphql_api.context import Services
from models import migrate
from models.settings import DatabaseSettings
from tests.integration.api.client import OFFLINE, asked

WRITE = "INSERT INTO sources (name, title, registered_at) VALUES ('x', 'x', now())"
SAFETY = Path(__file__).parents[3] / "docs" / "safety.md"
INJECTED = [
    WRITE,
    f"COMMIT; {WRITE}",
    f"COMMIT; BEGIN READ WRITE; {WRITE}",
    f"COMMIT; RESET ALL; BEGIN; {WRITE}",
]


@pytest.fixture
async def services(database_url: str) -> AsyncIterator[Services]:
    """What the application opens for itself."""
    app = create_app(OFFLINE, DatabaseSettings(database_url=database_url))
    async with app.router.lifespan_context(app):
        yield app.state.services


@pytest.mark.parametrize(
    "statement", [*INJECTED, "CREATE TABLE x ()", "DROP TABLE assets", "TRUNCATE quotes"]
)
async def test_readers_cannot_write(services: Services, statement: str) -> None:
    async with services.sessions() as session:
        assert await session.scalar(text("SELECT current_user::text")) == "kasparro_reader"
        with pytest.raises(DBAPIError, match=r"permission denied|read-only|must be owner"):
            await session.execute(text(statement))


async def test_readers_stay_readers_and_writers_can_write(services: Services) -> None:
    for _ in range(3):
        async with services.sessions() as session:
            assert await session.scalar(text("SELECT current_user::text")) == "kasparro_reader"
            await session.rollback()
    async with services.writer.begin() as session:
        await session.execute(text(WRITE))


def _account(postgres_url: str, name: str, rights: str) -> str:
    """Make an account with a database of its own; return its URL there."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN {rights} PASSWORD 'x'")
        connection.execute(f"CREATE DATABASE {name} OWNER {name}")
    return make_url(postgres_url).set(database=name, username=name).render_as_string(hide_password=False)


def _forget(postgres_url: str, name: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        connection.execute(f"DROP ROLE {name}")


@pytest.mark.parametrize(
    ("rights", "reads_as"), [("NOCREATEROLE", "humble"), ("SUPERUSER", "kasparro_reader")]
)
async def test_an_account_that_may_make_no_roles_is_served_all_the_same(
    postgres_url: str, template_database: str, rights: str, reads_as: str
) -> None:
    del template_database  # has made the role for the whole server
    url = _account(postgres_url, "humble", rights)
    try:
        migrate.upgrade(url)
        async with asked(DatabaseSettings(database_url=url)) as api:
            assert await api.query("{ datasetVersion }") == {"datasetVersion": 0}
            async with api.services.sessions() as session:
                assert await session.scalar(text("SELECT current_user::text")) == reads_as
                with pytest.raises(DBAPIError, match=r"permission denied|read-only"):
                    await session.execute(text(WRITE))
        migrate.downgrade(url, "base")
    finally:
        _forget(postgres_url, "humble")


async def test_a_reading_account_of_its_own(postgres_url: str, database_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE lector LOGIN IN ROLE kasparro_reader")
    reading = make_url(database_url).set(username="lector").render_as_string(hide_password=False)
    settings = OFFLINE.model_copy(update={"database_read_url": reading})
    try:
        async with asked(DatabaseSettings(database_url=database_url), settings) as api:
            assert await api.query("{ datasetVersion }") == {"datasetVersion": 0}
            async with api.services.sessions() as session:
                with pytest.raises(ProgrammingError, match="permission denied"):
                    await session.execute(text(f"COMMIT; SET ROLE NONE; BEGIN READ WRITE; {WRITE}"))
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("DROP ROLE lector")


async def test_what_the_page_says_to_managed_databases_is_enough(
    postgres_url: str, template_database: str
) -> None:
    """Said by somebody who may make roles, for an account that may not; the server of the tests has the role already."""
    del template_database
    url = _account(postgres_url, "kasparro", "NOCREATEROLE")
    try:
        migrate.upgrade(url)
        granting, login = re.findall(r"```sql\n(.*?)```", SAFETY.read_text(encoding="utf-8"), re.DOTALL)
        owned = make_url(postgres_url).set(database="kasparro").render_as_string(hide_password=False)
        with psycopg.connect(owned, autocommit=True) as connection:
            connection.execute(granting.replace("CREATE ROLE kasparro_reader NOLOGIN;", "") + login)
        reading = make_url(url).set(username="kasparro_api").render_as_string(hide_password=False)
        for settings in (OFFLINE, OFFLINE.model_copy(update={"database_read_url": reading})):
            async with asked(DatabaseSettings(database_url=url), settings) as api:
                assert await api.query("{ datasetVersion }") == {"datasetVersion": 0}
                assert (await api.get("/stats/debug"))["database_role"] == "kasparro_reader"
    finally:
        _forget(postgres_url, "kasparro")
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute("DROP ROLE IF EXISTS kasparro_api")
