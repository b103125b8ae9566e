"""A private PostgreSQL for people without one: a folder, a Unix socket, and no daemon left behind.

Whoever needs it enters; the first one in starts the server, the last one out stops it. Who is in is a shared
`flock`, which the kernel drops when a process dies in whatever way: after a kill -9 the server goes on until the
next one in becomes the last one out. Everything is in `root`: `data/`, `run/` (the socket), `postgres.log`
and the locks. Only the account that runs it, and root, can reach the socket; so there is no password.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from models.postgres_programs import PostgresError, Programs, programs_for

PORT = 5432
SOCKET_PATH_LIMIT = 100
PLAIN = re.compile(r"[A-Za-z0-9/._~-]+")
SHORT = Path("/tmp")  # noqa: S108 - every process must find the same folder, whatever its TMPDIR
START_SECONDS = 120
LOCALE = ("--locale=C.UTF-8",) if sys.platform == "linux" else ("--lc-collate=C", "--lc-ctype=UTF-8")


@contextlib.contextmanager
def private_postgres(
    root: Path, *, database: str = "postgres", binaries: Path | None = None, **settings: str
) -> Iterator[str]:
    """Keep a PostgreSQL running in `root` while inside; yields the URL of `database`, made if absent.

    `settings` are server settings (`fsync="off"`) and count for the one who starts the server. `binaries` names
    the folder of the programs to use instead of the first that fits. Raises `PostgresError`.
    """
    root = root.resolve()
    data = _folders(root)
    with (root / "users.lock").open("a") as users, (root / "start.lock").open("a") as start:
        with _locked(start):
            programs = programs_for(data, binaries)
            url = _ensure_running(programs, root, settings)
            _ensure_database(url, database)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield _url(_socket_folder(root), database)
        finally:
            with _locked(start):
                _stop_if_last(programs, data, users)


def is_running(root: Path) -> bool:
    """Tell whether the server in `root` is alive, without asking it anything."""
    return _postmaster_lives(root.resolve() / "data")


def _folders(root: Path) -> Path:
    """Make what is missing; `data` stays empty until `initdb` has done its work elsewhere."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        (root / "data").mkdir(mode=0o700, exist_ok=True)
        for lock in ("users.lock", "start.lock"):
            (root / lock).touch(mode=0o600)
    except PermissionError as error:
        raise PostgresError(
            f"{error.filename} is not ours to write, another account made it: "
            "run as that account, or set KASPARRO_HOME to a folder of your own"
        ) from error
    return root / "data"


@contextlib.contextmanager
def _locked(lock: IO[str]) -> Iterator[None]:
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _ensure_running(programs: Programs, root: Path, settings: dict[str, str]) -> str:
    data, url = root / "data", _url(_socket_folder(root), "postgres")
    if not (data / "PG_VERSION").exists():
        _initialize(programs, data, safely=settings.get("fsync") != "off")
    deadline = time.monotonic() + START_SECONDS
    while _postmaster_lives(data) and time.monotonic() < deadline:
        if _answers(url):
            return url
        time.sleep(0.1)  # somebody's start or stop is under way
    _start(programs, root, settings)
    return url


def _initialize(programs: Programs, data: Path, *, safely: bool) -> None:
    """Make a whole cluster or none: `initdb` killed half-way leaves nothing that looks like one."""
    new = data.with_name("data.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    programs.give(new)
    sync = [] if safely else ["--no-sync"]
    programs.run("initdb", "-D", new, "-U", "postgres", "-A", "trust", "-E", "UTF8", *LOCALE, *sync)
    new.replace(data)


def _start(programs: Programs, root: Path, settings: dict[str, str]) -> None:
    data, log, socket = root / "data", root / "postgres.log", _socket_folder(root)
    if log.exists():
        log.replace(root / "postgres.log.1")
    log.touch(mode=0o600)
    programs.give(log)
    _open_socket_folder(programs, socket)
    # No postmaster of ours is alive: its marks, if any, may name a process that now is somebody else's.
    for mark in (data / "postmaster.pid", *socket.glob(".s.PGSQL.*")):
        mark.unlink(missing_ok=True)
    options = {
        "unix_socket_directories": f'"{socket}"',
        "listen_addresses": "",
        "port": str(PORT),
        **settings,
    }
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    try:
        programs.run(
            "pg_ctl", "start", "-D", data, "-l", log, "-w", "-t", str(START_SECONDS), "-o", shlex.join(words)
        )
    except PostgresError as error:
        raise PostgresError(f"PostgreSQL did not start in {root}; {log} ends with:{_tail(log)}") from error


def _stop_if_last(programs: Programs, data: Path, users: IO[str]) -> None:
    fcntl.flock(users, fcntl.LOCK_UN)
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    if _postmaster_lives(data):
        programs.run("pg_ctl", "stop", "-D", data, "-m", "fast", "-w", "-t", str(START_SECONDS))


def _url(socket: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(socket), safe='')}&port={PORT}"


def _socket_folder(root: Path) -> Path:
    """Name the folder of the socket: beside the data, or a short one where that path is no good in a URL.

    It outgrows what sockets allow, or has a space or a comma, which libpq and SQLAlchemy read differently.
    """
    beside = root / "run"
    is_short = len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT
    if is_short and PLAIN.fullmatch(str(beside)):
        return beside
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return SHORT / f"kasparro-{digest}"


def _open_socket_folder(programs: Programs, socket: Path) -> None:
    socket.mkdir(mode=0o700, exist_ok=True)
    allowed = {os.geteuid(), programs.account[0] if programs.account else os.geteuid()}
    if socket.is_symlink() or socket.stat().st_uid not in allowed:
        raise PostgresError(
            f"{socket} belongs to somebody else: remove it, or choose a shorter KASPARRO_HOME"
        )
    if (
        not programs.override
    ):  # with the capability it need not be the server's, and root's is closed to all others
        programs.give(socket)


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _postmaster_lives(data: Path) -> bool:
    """Whether the process that `postmaster.pid` names is alive and is the server of this very folder."""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return False
    return str(data) in _arguments(pid)


def _arguments(pid: int) -> list[str]:
    """Read a process's command line, open to every account; empty for a dead one or a zombie."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")
        return []
    command = ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()  # noqa: S603 - fixed


def _ensure_database(url: str, database: str) -> None:
    with contextlib.closing(psycopg.connect(url, autocommit=True)) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _tail(log: Path, count: int = 8) -> str:
    return "\n  ".join(["", *log.read_text(errors="replace").splitlines()[-count:]])
