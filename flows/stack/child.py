"""One child process of the supervisor: its log file, its last words, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

import httpx

from flows.stack.doors import Door
from flows.stack.environment import MARK

LOG_BYTES = 5_000_000


class DoorClosed(RuntimeError):  # noqa: N818 - reads as what happened
    """A process of the whole ended, or never became ready. The message ends with its last lines."""


class Child:
    """A door's process. It has a session of its own: a terminal's Ctrl-C reaches the supervisor alone."""

    def __init__(self, door: Door, home: Path) -> None:
        self.door = door
        self.log = home / "logs" / f"{door.name}.log"
        self._home = home
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    @property
    def was_started(self) -> bool:
        """Whether it ever ran."""
        return self._process is not None

    async def start(self, environment: Mapping[str, str]) -> None:
        """Start the process, its output at the end of its log; a log grown large is set aside first."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_ending_with_us(),
                *self.door.command,
                env={**environment, MARK: f"{self.door.name} {self._home}"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def ended(self) -> int:
        """Wait for the end of the process; its exit code."""
        assert self._process, "started first"  # noqa: S101 - an order the supervisor keeps
        return await self._process.wait()

    async def until_ready(self) -> None:
        """Wait until the door's probe says so, or a one-shot has ended well; raises `DoorClosed` otherwise."""
        door, ended = self.door, asyncio.create_task(self.ended())
        try:
            async with httpx.AsyncClient(timeout=5) as client, asyncio.timeout(door.ready_within_seconds):
                while not ended.done() and not await _is_ready(door, client):
                    await asyncio.wait({ended}, timeout=0.2)
        except TimeoutError:
            raise self.closed(f"was not ready after {door.ready_within_seconds:.0f} s") from None
        if ended.done() and (ended.result() or not door.is_one_shot):
            raise self.closed(f"ended before it was ready, with exit code {ended.result()}")

    async def stop(self, hurry: asyncio.Event) -> None:
        """Interrupt the process and wait for its end; kill it when that takes too long, and what it leaves behind."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
            await self._ended_or(hurry)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()

    async def _ended_or(self, hurry: asyncio.Event) -> None:
        tasks = {asyncio.create_task(self.ended()), asyncio.create_task(hurry.wait())}
        await asyncio.wait(tasks, timeout=self.door.stop_within_seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    def closed(self, what: str) -> DoorClosed:
        """Say what happened to this door, with the last lines of its log."""
        return DoorClosed(f"{self.door.name} {what}; {self.log} ends with:{last_lines(self.log)}")


async def _is_ready(door: Door, client: httpx.AsyncClient) -> bool:
    if door.ready is None:
        return False
    try:
        return await door.ready(client)
    except (httpx.TransportError, ValueError):  # not there yet, or not JSON yet
        return False


def last_lines(log: Path, count: int = 12) -> str:
    """Read the end of a log, indented, one line break ahead of it."""
    text = log.read_text(errors="replace") if log.exists() else ""
    return "".join(f"\n  {line}" for line in text.splitlines()[-count:])


def _ending_with_us() -> tuple[str, ...]:
    """Where Linux offers it, let a child die with a killed supervisor.

    By SIGKILL: Prefect's worker, asked politely while its server is dying too, was seen to wait for ever.
    """
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
