"""The migrations: they make exactly the tables of the code, on every way up and down."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from models import migrate
from models.db import DatabaseUnavailable


def test_migrated_tables_are_the_tables_of_the_code(database_url: str) -> None:
    assert migrate.check(database_url) is None


def test_all_the_way_down_and_up_again(database_url: str) -> None:
    migrate.downgrade(database_url, "base")
    assert "run `python -m models upgrade`" in (migrate.check(database_url) or "")
    migrate.upgrade(database_url)
    assert migrate.check(database_url) is None


def test_runs_from_before_quotes_were_counted_stay(database_url: str) -> None:
    migrate.downgrade(database_url, "0008")
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO etl_runs (flow, outcome, started_at, pages, fetched, new, changed, unchanged, rejected)"
            " VALUES ('etl', 'success', now(), 1, 2, 3, 4, 5, 6)"
        )
        migrate.upgrade(database_url)
        assert connection.execute("SELECT fetched, quoted FROM etl_runs").fetchall() == [(2, 0)]


async def test_several_processes_may_upgrade_at_once(database_url: str) -> None:
    migrate.downgrade(database_url, "base")
    await asyncio.gather(*(asyncio.to_thread(migrate.upgrade, database_url) for _ in range(3)))
    assert migrate.check(database_url) is None


def test_another_kind_of_database_is_one_clear_sentence() -> None:
    with pytest.raises(DatabaseUnavailable, match="must start with postgresql://"):
        migrate.upgrade("mysql://localhost/kasparro")


@pytest.mark.parametrize("url", ["postgresql://ann:s3cret@host:port/x", "postgresql:ann:s3cret@host/x"])
def test_a_url_that_cannot_be_read_is_not_quoted(url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="DATABASE_URL cannot be read") as refusal:
        migrate.upgrade(url)
    assert "s3cret" not in str(refusal.value)
