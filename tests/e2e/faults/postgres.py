"""A PostgreSQL of the driver's own: one that may be killed, started again and filled to the brim."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from models.postgres_programs import PostgresError
from models.private_postgres import is_running, private_postgres

SETTINGS = {"fsync": "off", "max_connections": "60", "max_wal_size": "128MB"}
"""What is killed is a process, not the machine: what was written is written. Commits still wait for their WAL."""
DISK = "size=700m"
FILLING = (1 << 20, 1 << 12)
"""The sizes of what a disk is filled with: large, and then what still fits between."""
STARTS_WITHIN_SECONDS = 60


class Unavailable(Exception):  # noqa: N818 - reads as what happened
    """This machine cannot show a fault; the message says what is missing."""


class Postgres:
    """A server in a folder. `disk` says whether that folder is a disk of its own, or why it is none."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.disk = _own_disk(root)
        self._entered = ExitStack()
        self.start()

    def start(self) -> None:
        """Start it if it does not run; waits while processes of a killed one still end."""
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while True:
            try:
                self.url = self._entered.enter_context(private_postgres(self.root, **SETTINGS))
            except PostgresError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return

    def stop(self) -> None:
        """Stop it for good, and give the disk back."""
        self._entered.close()
        if self.disk is None:
            _as_root("umount", str(self.root))

    @property
    def is_running(self) -> bool:
        """Whether it is alive."""
        return is_running(self.root)

    @property
    def socket(self) -> str:
        """The path of its Unix socket."""
        asked = parse_qs(urlsplit(self.url).query)
        return f"{asked['host'][0]}/.s.PGSQL.{asked['port'][0]}"

    def signal(self, what: signal.Signals) -> None:
        """Send its first process a signal."""
        os.kill(int((self.root / "data" / "postmaster.pid").read_text().split()[0]), what)

    @staticmethod
    def signal_to(pid: object, what: signal.Signals) -> None:
        """Send one of its processes a signal."""
        os.kill(int(str(pid)), what)

    def until_answers(self, seconds: float = 60) -> None:
        """Wait until it takes connections again."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, "PostgreSQL does not come back"
                time.sleep(0.1)
            else:
                return

    def until_down(self, seconds: float = 60) -> None:
        """Wait until it is gone."""
        deadline = time.monotonic() + seconds
        while self.is_running:
            assert time.monotonic() < deadline, "PostgreSQL did not end"
            time.sleep(0.05)

    def named(self, database: str) -> str:
        """Return the URL of one of its databases."""
        return make_url(self.url).set(database=database).render_as_string(hide_password=False)

    def execute(self, statement: str, *names: str) -> None:
        """Carry out one statement outside any database of the tests."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def copy_database(self, origin: str, name: str) -> None:
        """Make a database of another one's rows.

        As files: in one that was copied through the WAL, sequences forget in a crash what they gave since.
        """
        self.execute("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, origin)

    def end_connections(self, database: str) -> None:
        """End every connection to one of its databases."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
            )

    def require_disk(self) -> None:
        """Raise `Unavailable` where its folder is no disk of its own."""
        if self.disk:
            raise Unavailable(f"a disk of its own, in memory, could not be mounted ({self.disk})")

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Leave no room on its disk for the length of the block."""
        ballast = self.root / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file:
                for chunk in FILLING:
                    with contextlib.suppress(OSError):
                        while True:
                            file.write(bytes(chunk))
                yield
        finally:
            ballast.unlink()


def _own_disk(root: Path) -> str | None:
    """Make the folder a small disk in memory; returns why not, where that is not allowed."""
    root.mkdir(parents=True, exist_ok=True)
    owner = f",uid={os.geteuid()},gid={os.getegid()},mode=0755"
    return _as_root("mount", "-t", "tmpfs", "-o", DISK + owner, "tmpfs", str(root))


def _as_root(*command: str) -> str | None:
    may = [] if os.geteuid() == 0 else ["sudo", "-n"]
    with contextlib.suppress(
        FileNotFoundError, PermissionError
    ):  # a folder of PATH that is closed, and no other has it
        done = subprocess.run([*may, *command], capture_output=True, text=True, check=False)
        return done.stderr.strip() or "not allowed" if done.returncode else None
    return f"{(*may, *command)[0]} is not there for us"
