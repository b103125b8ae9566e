"""Programs started for a measurement: waited for, weighed, and stopped whatever happens."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx
import psycopg

from tests.benchmarks.errors import StartError

ROOT = Path(__file__).resolve().parents[3]
PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
START_SECONDS = 60
STOP_SECONDS = 15
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Program:
    """A running program, with its children."""

    url: str
    pid: int

    def rss_mb(self) -> float:
        """Weigh the memory that it and its children hold now."""
        return sum(_kb(pid, "VmRSS") for pid in family(self.pid)) / 1024

    def cpu_seconds(self) -> float:
        """Tell the CPU time that it and its children have taken."""
        return sum(_cpu(pid) for pid in family(self.pid))


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], port: int, log: Path, ready: str = "/"
) -> Iterator[Program]:
    """Start a program that serves on `port`; yields once it answers `ready`, with whatever status."""
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output, _child(command, environment, output) as child:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(url + ready):
            if child.poll() is not None or time.monotonic() > deadline:
                end = log.read_text(errors="replace")[-800:]
                raise StartError(f"{log.stem} did not start; its output ends with:\n{end}")
            time.sleep(0.1)
        yield Program(url, child.pid)


@contextmanager
def _child(
    command: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a group of its own, so that Ctrl-C reaches us alone and what it started ends with it."""
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """Stop it and what it started: gently, then for certain."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program that runs to its end did."""

    code: int
    seconds: float
    peak_mb: float


def run_to_end(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Finished:
    """Run a program to its end.

    Its peak is looked at while it runs: what the system tells at the end counts our own memory at the fork too.
    """
    with log.open("wb") as output, _child(command, environment, output) as child:
        began, peak = time.perf_counter(), 0
        while child.poll() is None:
            peak = max(peak, _kb(child.pid, "VmHWM"))
            time.sleep(LOOK_SECONDS)
        return Finished(child.returncode, time.perf_counter() - began, peak / 1024)


def _answers(url: str) -> bool:
    try:
        httpx.get(url, timeout=5)
    except httpx.TransportError:
        return False
    return True


def family(pid: int) -> list[int]:
    """List a process and everything below it."""
    children: dict[int, list[int]] = {}
    for one in PROC.glob("[0-9]*"):
        if stat := _stat(int(one.name)):
            children.setdefault(int(stat[1]), []).append(int(one.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def postmaster(url: str) -> int | None:
    """Find the server's first process; None where it does not run on this machine."""
    with psycopg.connect(url) as connection:
        backend = connection.info.backend_pid
        stat = _stat(backend)
        is_postgres = stat is not None and "postgres" in (PROC / str(backend) / "comm").read_text()
        return int(stat[1]) if stat and is_postgres else None


def server_cpu(pid: int | None) -> float | None:
    """Tell the CPU time of a Postgres, of connections that have ended too."""
    return None if pid is None else sum(_cpu(one) for one in family(pid)) + _cpu(pid, ended=True)


def _stat(pid: int) -> list[str] | None:
    """Read the fields after a process's name: its state, its parent and so on; None where it is gone."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _cpu(pid: int, *, ended: bool = False) -> float:
    stat = _stat(pid)
    first = 13 if ended else 11  # utime and stime, or those of children that were waited for
    return sum(map(int, stat[first : first + 2])) / TICKS if stat else 0.0


def _kb(pid: int, what: str) -> int:
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith(f"{what}:"):
                return int(line.split()[1])
    return 0
