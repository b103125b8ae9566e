"""How a front door ends: one sentence, and a traceback for who asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cyclopts import App

from models.front_door import enter
from models.settings import DatabaseSettings

app = App(name="a door", result_action="return_value")


class MendableError(Exception):
    """Something a person can mend."""


@app.command
def mend() -> None:
    raise MendableError("the file is missing: put it there")


@app.command
def stumble() -> None:
    raise KeyError("nobody thought of this")


@app.command
def settle() -> None:
    DatabaseSettings(database_pool_size=0, _env_file=None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mend"], r"\Athe file is missing: put it there\Z"),
        (["settle"], r"\ADATABASE_POOL_SIZE: .*1.* \(got 0\)\Z"),
        (
            ["stumble"],
            r"\AKeyError: 'nobody thought of this'\nThis was not foreseen at tests/unit/test_front_door.py:\d+\. `--debug`",
        ),
    ],
)
def test_what_goes_wrong_is_one_sentence(words: list[str], said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        enter(app, MendableError, words=words)


@pytest.mark.parametrize(
    ("words", "error"), [(["--debug", "mend"], MendableError), (["stumble", "--debug"], KeyError)]
)
def test_who_debugs_sees_where(words: list[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        enter(app, MendableError, words=words)


@pytest.mark.parametrize("room", ["models", "flows", "graphql_api"])
def test_every_door_offers_it(room: str) -> None:
    command = [sys.executable, "-m", room, "--debug", "--help"]
    helped = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "--debug" in helped.stdout
