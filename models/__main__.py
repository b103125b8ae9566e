"""The vault's front door: `python -m models upgrade | downgrade | check | backup | restore | serve`."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from models import migrate
from models.backup import backup, restore
from models.db import DatabaseUnavailable
from models.front_door import door, enter
from models.postgres_programs import PostgresError
from models.settings import DatabaseSettings
from models.vault import open_vault

app = door("python -m models", "The database of Kasparro: the one DATABASE_URL names, else a private one.")


@app.command
def upgrade(revision: str = "head") -> None:
    """Bring the tables up to a revision (newest unless told otherwise)."""
    with open_vault(DatabaseSettings()) as url:
        migrate.upgrade(url, revision)


@app.command
def downgrade(revision: str) -> None:
    """Take migrations back down to a revision. `base` drops every table, with every row."""
    with open_vault(DatabaseSettings()) as url:
        migrate.downgrade(url, revision)


@app.command
def check() -> int:
    """Say whether the tables are the ones of the code. Exit code 1 where they are not."""
    with open_vault(DatabaseSettings()) as url:
        difference = migrate.check(url)
    _say(difference or "the tables are the ones of the code")
    return 1 if difference else 0


@app.command(name="backup")
def back_up(file: Path) -> None:
    """Write everything to a new file while runs go on; any PostgreSQL's pg_restore reads it too."""
    with open_vault(DatabaseSettings()) as url:
        size = backup(url, file)
    _say(f"{file}: {size / 1e6:,.1f} MB")


@app.command(name="restore")
def put_back(file: Path, *, replace: Annotated[bool, Parameter(negative=())] = False) -> None:
    """Put a backup back, all of it or nothing, and bring it up to date.

    Parameters
    ----------
    replace
        Throw away what the database holds now. Without it only an empty database takes a backup.
    """
    with open_vault(DatabaseSettings()) as url:
        restore(url, file, replace=replace)
    _say(f"{file} is back")


@app.command
def serve() -> None:
    """Keep the private PostgreSQL running until stopped, and print its URL."""
    with open_vault(DatabaseSettings()) as url:
        _say(url)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def _say(text: str) -> None:
    Console(markup=False, highlight=False, soft_wrap=True).print(text)


if __name__ == "__main__":
    enter(app, DatabaseUnavailable, PostgresError)
