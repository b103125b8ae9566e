"""How every front door ends: what went wrong is one sentence for a person; `--debug` shows the traceback instead."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from cyclopts import App
from pydantic import ValidationError

from models.settings import told

DEBUG = "--debug"
DEBUG_HELP = f"`{DEBUG}`, anywhere on the line: a traceback where otherwise a sentence says what went wrong."
PROJECT = Path(__file__).resolve().parent.parent


def door(name: str, told: str) -> App:
    """Make a front door: what is typed to enter, and what is behind it."""
    return App(name=name, help=told, help_epilogue=DEBUG_HELP, version=version("kasparro"))


def enter(
    app: App,
    *mendable: type[Exception],
    prepare: Callable[[], None] = lambda: None,
    words: Sequence[str] | None = None,
) -> None:
    """Prepare, and run the command that `words` (what the process was started with) name.

    An error of a `mendable` kind, or a setting that cannot be, says by itself what to do. Any other was not foreseen: it
    ends with its place in our code.
    """
    given = list(sys.argv[1:] if words is None else words)
    try:
        prepare()
        app([word for word in given if word != DEBUG])
    except Exception as error:
        if DEBUG in given:
            raise
        if isinstance(error, ValidationError):
            sys.exit(told(error))
        sys.exit(str(error) if isinstance(error, mendable) else _unforeseen(error))


def _unforeseen(error: Exception) -> str:
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(PROJECT) and "site-packages" not in frame.filename
    ]
    place = f" at {Path(ours[-1].filename).relative_to(PROJECT)}:{ours[-1].lineno}" if ours else ""
    return (
        f"{type(error).__name__}: {error}\n"
        f"This was not foreseen{place}. `{DEBUG}` on the same line shows how it came to it."
    )
