"""A backup that was put back holds every row of every table, and one that is broken changes nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from models import backup as backups
from models import migrate
from models.backup import backup, restore
from models.db import Sessions
from models.postgres_programs import PostgresError
from models.store.runs import sole_run
from tests.conftest import empty_database
from tests.factories import NOW, make_asset, make_points, make_quoted, make_rate, make_raw, make_run, publish


@pytest.fixture(autouse=True)
def programs(postgres_url: str) -> None:
    """PostgreSQL's own programs, no older than the server."""
    try:
        backups.open_door(postgres_url)
    except PostgresError as missing:
        pytest.skip(str(missing))


@pytest.fixture
async def filled(sessions: Sessions, database_url: str) -> str:
    """The URL of a database with a little of everything, over two years of months."""
    async with sessions.begin() as session:
        bitcoin = await make_asset(session, "bitcoin", price_usd=Decimal("64000.100000000000000001"))
        listing = await make_quoted(session, bitcoin, "coingecko", "bitcoin", "64000.1")
        await make_points(
            session, listing, [(NOW - timedelta(days=9 * day), f"{day + 1}.50") for day in range(80)]
        )
        await make_raw(session, await make_run(session), "coingecko", "odd", {"é": [None, 1.10, 'a "b"\\']})
        await make_rate(session, "eur", "1e-9")
        await publish(session, 41)
    return database_url


@pytest.fixture
def empty(postgres_url: str) -> Iterator[str]:
    """The URL of a database without any table."""
    with empty_database(postgres_url) as url:
        yield url


def everything(url: str) -> dict[str, list[Any]]:
    """Read every row of every table but the one that a restore writes itself."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
            " AND relname <> 'dataset_version' ORDER BY 1"
        ).fetchall()
        read = sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1")
        return {name: connection.execute(read.format(sql.Identifier(name))).fetchall() for (name,) in names}


def version(url: str) -> int:
    """Read the dataset's version."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT version FROM dataset_version").fetchone()
        assert row
        return int(row[0])


def test_every_row_comes_back_into_an_empty_database(filled: str, empty: str, tmp_path: Path) -> None:
    file = tmp_path / "kasparro.dump"
    assert backup(filled, file) == file.stat().st_size > 0
    assert file.stat().st_mode & 0o077 == 0, "nobody else reads a backup"
    restore(empty, file)
    before, after = everything(filled), everything(empty)
    assert after == before
    assert len(before["price_points"]) == 80
    assert migrate.check(empty) is None
    assert version(empty) == version(filled) + 1
    assert list(tmp_path.iterdir()) == [file]


def test_readers_read_what_came_back(filled: str, empty: str, tmp_path: Path) -> None:
    backup(filled, tmp_path / "a.dump")
    restore(empty, tmp_path / "a.dump")
    with psycopg.connect(empty) as connection:
        connection.execute("SET ROLE kasparro_reader")
        assert connection.execute("SELECT count(*) FROM assets").fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM assets")


def test_a_database_in_use_is_replaced_only_on_demand(
    filled: str, second_database_url: str, tmp_path: Path
) -> None:
    backup(filled, tmp_path / "a.dump")
    with psycopg.connect(second_database_url) as connection:
        connection.execute("INSERT INTO dataset_version (id, version) VALUES (1, 99)")
        connection.execute("CREATE TABLE newer (asset_id bigint REFERENCES assets)")
    with pytest.raises(PostgresError, match="--replace"):
        restore(second_database_url, tmp_path / "a.dump")
    restore(second_database_url, tmp_path / "a.dump", replace=True)
    assert everything(second_database_url) == everything(filled)
    assert version(second_database_url) == 100, "a version never means two things"


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_a_broken_backup_changes_nothing(
    filled: str, second_database_url: str, tmp_path: Path, kept: float
) -> None:
    whole, broken = tmp_path / "whole.dump", tmp_path / "broken.dump"
    backup(filled, whole)
    broken.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * kept)])
    before = everything(second_database_url)
    with pytest.raises(PostgresError, match="pg_restore failed"):
        restore(second_database_url, broken, replace=True)
    assert everything(second_database_url) == before


def test_what_the_server_refuses_changes_nothing(
    filled: str, second_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(filled, tmp_path / "a.dump")
    before = everything(second_database_url)
    monkeypatch.setattr(backups, "_BEGIN_ANEW", b"")
    with pytest.raises(PostgresError, match="already exists"):
        restore(second_database_url, tmp_path / "a.dump", replace=True)
    assert everything(second_database_url) == before


async def test_no_run_is_under_way_while_it_is_put_back(
    filled: str, sessions: Sessions, tmp_path: Path
) -> None:
    await asyncio.to_thread(backup, filled, tmp_path / "a.dump")
    async with sole_run(sessions, "etl"):
        with pytest.raises(PostgresError, match="a run is under way"):
            await asyncio.to_thread(restore, filled, tmp_path / "a.dump", replace=True)


def test_a_backup_is_never_written_over_and_a_failed_one_leaves_nothing(
    filled: str, empty: str, tmp_path: Path
) -> None:
    (tmp_path / "a.dump").write_text("older")
    with pytest.raises(PostgresError, match="never written over"):
        backup(filled, tmp_path / "a.dump")
    with pytest.raises(PostgresError, match="there is no"):
        restore(empty, tmp_path / "b.dump")
    with pytest.raises(OSError, match="nowhere"):
        backup(filled, tmp_path / "nowhere" / "b.dump")
    assert [file.name for file in tmp_path.iterdir()] == ["a.dump"]


def test_a_password_is_on_no_command_line(database_url: str) -> None:
    secret = f"{database_url}&password=planted" if "?" in database_url else f"{database_url}?password=planted"
    door = backups.open_door(secret)
    assert "planted" not in door.conninfo
    assert door.environment["PGPASSWORD"] == "planted"
    assert "PGPASSWORD" not in os.environ
