"""The rooms' front doors, asked only whether they understand a command."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from cyclopts import App, CycloptsError


def understand(room: str, words: Iterable[str]) -> None:
    """Fail where `python -m <room> <words>` is no command; runs nothing."""
    app: App = importlib.import_module(f"{room}.__main__").app
    line = list(words)
    try:
        app.parse_args(line, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise AssertionError(f"python -m {room} {' '.join(line)}: {error}") from error
