"""What a running whole claims for itself: the state folder and its ports. A claim that cannot be had is a sentence."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from flows.stack.doors import Door
from flows.stack.environment import MARK

GONE_WITHIN_SECONDS = 5


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


def end_leftovers(home: Path) -> dict[int, str]:
    """Kill what an earlier, killed supervisor of this folder left running; the doors by pid.

    Only right inside `claim_home`. Told by the mark every child and child's child carries in its environment, since
    pids are reused; nothing is found where there is no /proc.
    """
    found = leftovers(home)
    for pid, door in found.items():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        except PermissionError:
            raise AlreadyTaken(
                f"{door} of an earlier start still runs as pid {pid}, under another account: "
                f"`kill {pid}` as that account, or set KASPARRO_HOME to another folder"
            ) from None
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while leftovers(home) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def leftovers(home: Path) -> dict[int, str]:
    """Find the processes that belong to this folder's whole, as door names by pid."""
    found = {}
    for process in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            for entry in process.read_bytes().split(b"\0"):
                name, _, value = os.fsdecode(entry).partition("=")
                if name == MARK and value.partition(" ")[2] == str(home):
                    found[int(process.parent.name)] = value.partition(" ")[0]
    return found


def check_ports(doors: Iterable[Door]) -> None:
    """Raise `AlreadyTaken` unless every door's port is free."""
    for door in doors:
        if door.port is not None and not _is_free(door.port):
            raise AlreadyTaken(
                f"port {door.port}, wanted for {door.name}, is taken by another program: stop that, or set "
                f"{door.port_variable} to a free one, for example `make run {door.port_variable}={door.port + 1}`"
            )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
