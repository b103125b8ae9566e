"""What a whole leaves behind, as texts to be searched: files, databases, and the command lines of its processes."""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.e2e.faults.meanwhile import meanwhile
from tests.e2e.processes import commands_of

LOOK_EVERY_SECONDS = 0.1
SQLITE = b"SQLite format 3"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_ACTIVITY = "SELECT concat_ws(' ', application_name, query) FROM pg_stat_activity"


def files_below(folder: Path) -> Iterator[tuple[str, str]]:
    """Read every file; one of SQLite's as its rows too, for a long value is in several places of it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            held = path.read_bytes()
            yield str(path), held.decode("utf-8", "replace")
            if held.startswith(SQLITE):
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                    yield f"{path}, dumped", "\n".join(database.iterdump())


def tables_of(url: str) -> Iterator[tuple[str, str]]:
    """Read every table of a database, and what its server shows of those connected."""
    with psycopg.connect(url) as connection:
        for (name,) in connection.execute(_TABLES).fetchall():
            every = sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))
            yield f"table {name}", "\n".join(row for (row,) in connection.execute(every))
        yield "pg_stat_activity", "\n".join(row for (row,) in connection.execute(_ACTIVITY))


@contextmanager
def watched_commands(home: Path) -> Iterator[set[str]]:
    """Note the command line of every process of a whole that comes by during the block."""
    seen: set[str] = set()
    with meanwhile(lambda: seen.update(commands_of(home)), LOOK_EVERY_SECONDS):
        yield seen


def found_in(texts: Iterable[tuple[str, str]], secrets: Mapping[str, str]) -> list[str]:
    """Say which secrets are in which text: as they are, as a URL spells them, or packed for an HTTP header."""
    spelled = {name: {secret, quote(secret, safe=""), *_packed(secret)} for name, secret in secrets.items()}
    return [
        f"{name} is in {place}: ...{_around(text, form)}..."
        for place, text in texts
        for name, forms in spelled.items()
        for form in forms
        if form in text
    ]


def _packed(secret: str) -> Iterator[str]:
    """Spell it in base64 as a part of something longer, which begins at any of three places."""
    for before in range(3):
        whole = b64encode(b" " * before + secret.encode()).decode().rstrip("=")
        yield whole[4 if before else 0 : len(whole) - 2]


def _around(text: str, form: str) -> str:
    at = text.index(form)
    return text[max(0, at - 80) : at + len(form) + 20]
