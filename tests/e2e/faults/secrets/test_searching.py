"""What is hidden is found, in every place and spelling that is searched."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.conftest import eventually
from tests.e2e.faults.secrets.leftovers import files_below, found_in, watched_commands

SECRET = "planted/word of 0123456789"  # noqa: S105 - planted
SECRETS = {"the word": SECRET}


@pytest.mark.parametrize(
    "text",
    [
        f"password={SECRET};",
        "postgresql://ann:planted%2Fword%20of%200123456789@host/db",
        *(f"Basic {b64encode(f'{name}:{SECRET}'.encode()).decode()}" for name in ("an", "ann", "anna")),
    ],
)
def test_a_secret_is_found_however_it_is_spelled(text: str) -> None:
    (told,) = {line.partition(":")[0] for line in found_in([("a log", text)], SECRETS)}
    assert told == "the word is in a log"
    assert found_in([("a log", text.lower().replace("0", "o"))], SECRETS) == []


def test_a_secret_in_a_long_value_of_sqlite_is_found(tmp_path: Path) -> None:
    long = "-".join([SECRET] * 5_000)
    with closing(sqlite3.connect(tmp_path / "prefect.db")) as database, database:
        database.execute("CREATE TABLE log (message text)")
        database.execute("INSERT INTO log VALUES (?)", [long])
    assert any(f"{long}" in text for place, text in files_below(tmp_path) if "dumped" in place)
    assert found_in(files_below(tmp_path), SECRETS)


def test_a_secret_on_a_command_line_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KASPARRO_HOME", str(tmp_path))
    with watched_commands(tmp_path) as seen:
        command = [sys.executable, "-c", "input()", SECRET]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
            eventually(lambda: seen)
            process.communicate(b"\n")
    assert found_in([("a command line", one) for one in seen], SECRETS)
