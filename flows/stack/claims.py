"""What a running whole claims for itself: the state folder and its ports. A claim that cannot be had is a sentence."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from flows.stack.doors import Door

LEFTOVER_SECONDS = 10


class AlreadyTaken(RuntimeError):  # noqa: N818 - reads as what happened
    """The state folder or a port is in use; the message says by whom and what to do."""


@contextlib.contextmanager
def claim_home(home: Path) -> Iterator[None]:
    """Hold the state folder while inside: two supervisors would close each other's runs."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "stack.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise AlreadyTaken(
                f"Kasparro already runs in {home}, as pid {lock.read().strip() or 'unknown'}: "
                "stop it first, or set KASPARRO_HOME to another folder"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def remember_children(home: Path, pids: Mapping[str, int]) -> None:
    """Note who was started here, for the day when the supervisor is killed and a child is not."""
    (home / "stack.json").write_text(json.dumps(dict(pids)))


def check_ports(home: Path, doors: Iterable[Door]) -> None:
    """Raise `AlreadyTaken` unless every door's port is free; a dying leftover of ours is given a moment."""
    for door in doors:
        if door.port is None or _is_free(door.port):
            continue
        leftover = _leftover(home, door.name)
        deadline = time.monotonic() + LEFTOVER_SECONDS
        while leftover and not _is_free(door.port) and time.monotonic() < deadline:
            time.sleep(0.2)
        if not _is_free(door.port):
            raise AlreadyTaken(_sentence(door, leftover))


def _sentence(door: Door, leftover: int | None) -> str:
    elsewhere = f"set {door.port_variable} to a free port, for example `make run {door.port_variable}={(door.port or 0) + 1}`"
    if leftover:
        return f"port {door.port} is held by {door.name} of an earlier start, pid {leftover}: `kill {leftover}`, or {elsewhere}"
    return f"port {door.port}, wanted for {door.name}, is taken by another program: {elsewhere}"


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _leftover(home: Path, name: str) -> int | None:
    """Find the child `name` of an earlier start, if it lives: told by its environment, since pids are reused."""
    try:
        pid = int(json.loads((home / "stack.json").read_text())[name])
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (OSError, ValueError, KeyError):
        return None
    return pid if os.fsencode(f"KASPARRO_HOME={home}") in environment else None
