"""Finding the processes of one whole: they carry its state folder in their environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def pids_of(home: Path, *words: str) -> Iterator[int]:
    """List the processes started with this KASPARRO_HOME whose commands have all of these words."""
    for pid, command in _commands(home):
        if all(any(word in part for part in command) for word in words):
            yield pid


def commands_of(home: Path) -> Iterator[str]:
    """List the command lines of the processes started with this KASPARRO_HOME."""
    for _, command in _commands(home):
        yield " ".join(command)


def _commands(home: Path) -> Iterator[tuple[int, list[str]]]:
    mark = f"KASPARRO_HOME={home}"
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_text().split("\0")
            ours = mark in (folder / "environ").read_text().split("\0")
        except OSError:
            continue
        if ours:
            yield int(folder.name), command
