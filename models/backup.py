"""Backups: the whole database in one file, taken while everything goes on, and put back in one transaction.

The file is `pg_dump`'s own (format custom): any PostgreSQL of the same or a newer version restores it, also without us.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text

from models import migrate
from models.db import Sessions, address_of, database, in_a_sentence, psycopg_url
from models.durable import sync
from models.postgres_programs import PostgresError, client_programs, last_lines
from models.store.publish import next_version, publishing
from models.store.runs import sole_run

RESTORE_TIMEOUT_SECONDS = 3600
_BEGIN_ANEW = b"DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
_VERSION = text("SELECT coalesce(max(version), 0) FROM dataset_version")
_NO_LESS = text("UPDATE dataset_version SET version = greatest(version, :before)")


@dataclass(frozen=True, slots=True)
class Door:
    """How PostgreSQL's programs reach a database. A password travels in the environment, where `ps` shows none."""

    conninfo: str
    environment: Mapping[str, str]
    folder: Path

    @contextlib.contextmanager
    def running(
        self, program: str, *arguments: str | Path, reads: bool = False, tells: bool = False
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a program for the length of the block; raises `PostgresError` with its complaints when it fails.

        It `reads` from a pipe or nothing, and `tells` into one or nobody.
        """
        ends = [subprocess.PIPE if is_piped else subprocess.DEVNULL for is_piped in (reads, tells)]
        command = [str(self.folder / program), *map(str, arguments)]
        with tempfile.TemporaryFile() as complaints:
            with subprocess.Popen(  # noqa: S603 - PostgreSQL's own programs, with options of ours
                command, stdin=ends[0], stdout=ends[1], stderr=complaints, env=self.environment
            ) as process:
                yield process
            if process.returncode:
                complaints.seek(0)
                raise PostgresError(
                    f"{program} failed: {last_lines(complaints.read().decode(errors='replace'))}"
                )


def backup(url: str, file: Path) -> int:
    """Write everything to `file`, whole or not at all, as of one moment; returns its size in bytes.

    Runs and readers go on meanwhile. Raises `PostgresError`; a file that is there already is never written over.
    """
    if file.exists():
        raise PostgresError(f"{file} is there already: name another file, backups are never written over")
    door, partial = open_door(url), file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    try:
        with door.running("pg_dump", "-d", door.conninfo, "-Fc", "--no-owner", "-f", partial):
            pass
        sync(partial)
        partial.replace(file)
        sync(file.parent)
    finally:
        partial.unlink(missing_ok=True)
    return file.stat().st_size


def restore(url: str, file: Path, *, replace: bool = False) -> None:
    """Put a backup back in one transaction, bring its tables up to date and publish it as a new dataset version.

    Raises `PostgresError` for a database that has tables already, unless they are to be replaced, while a run is under
    way, and for a file that is no whole backup: then everything is as it was.
    """
    if not file.is_file():
        raise PostgresError(f"there is no {file} to restore")
    with in_a_sentence():
        asyncio.run(_restore(url, file, replace=replace))


async def _restore(url: str, file: Path, *, replace: bool) -> None:
    async with (
        database(url, statement_timeout_seconds=RESTORE_TIMEOUT_SECONDS) as sessions,
        sole_run(sessions, "etl") as is_ours,
    ):
        if not is_ours:
            raise PostgresError("a run is under way: stop the worker, or wait until the run is over")
        before = await _version(sessions)
        if before is not None and not replace:
            raise PostgresError(
                "the database has tables already: --replace throws them away for the backup's"
            )
        await asyncio.to_thread(_put_back, open_door(url), file, begin_anew=before is not None)
        await asyncio.to_thread(migrate.grant_reading, url)
        await asyncio.to_thread(migrate.upgrade, url)
        async with publishing(sessions) as session:
            # What readers keep is known by its version: none may ever mean two things.
            await session.execute(_NO_LESS, {"before": before or 0})
            await next_version(session, datetime.now(UTC))


async def _version(sessions: Sessions) -> int | None:
    """Return the dataset's version; None: there are no tables of ours."""
    async with sessions() as session:
        if await session.scalar(text("SELECT to_regclass('public.dataset_version')")) is None:
            return None
        version: int = (await session.execute(_VERSION)).scalar_one()
        return version


def _put_back(door: Door, file: Path, *, begin_anew: bool) -> None:
    """Let `pg_restore` write SQL and `psql` carry it out; it commits only once all of it was written."""
    with (
        door.running(
            "psql", "-d", door.conninfo, "-qX", "-v", "ON_ERROR_STOP=1", "-f", "-", reads=True
        ) as writing,
        contextlib.suppress(BrokenPipeError),  # psql gave up, and says why
        contextlib.closing(_pipe(writing.stdin)) as script,
    ):
        script.write(b"BEGIN;" + (_BEGIN_ANEW if begin_anew else b""))
        with door.running(
            "pg_restore", "--no-owner", "--no-privileges", "-f", "-", file, tells=True
        ) as reading:
            shutil.copyfileobj(_pipe(reading.stdout), script)
        script.write(b"COMMIT;")


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    assert end is not None  # noqa: S101 - it was asked for
    return end


def open_door(url: str) -> Door:
    """Find the programs that fit the server, and say how they reach it."""
    plain = address_of(psycopg_url(url))
    parts = conninfo_to_dict(plain)
    password = parts.pop("password", None)
    secret = {"PGPASSWORD": str(password)} if password else {}
    with in_a_sentence(), psycopg.connect(plain) as connection:
        major = connection.info.server_version // 10_000
    quiet = {"PGOPTIONS": "-c client_min_messages=warning"}
    return Door(make_conninfo("", **parts), {**os.environ, **quiet, **secret}, client_programs(major))
