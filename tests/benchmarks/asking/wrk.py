"""The load generator: wrk with one thread, a closed loop over as many connections as asked, for whole seconds."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.benchmarks.errors import LoadError

SCRIPT = Path(__file__).with_name("random_requests.lua")
PATIENCE_SECONDS = 30
MISSING = "wrk is not installed: `apt-get install wrk` (Debian) or `brew install wrk`, then run this again."


@dataclass(frozen=True, slots=True)
class Shot:
    """What one run of wrk measured."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rps(self) -> float:
        """Answers in a second."""
        return self.requests / self.seconds

    def is_fair(self, connections: int) -> bool:
        """Tell whether it lasted: what is in flight at the end is not counted, and must not be much of it all."""
        return self.requests >= 3 * connections


def is_installed() -> bool:
    """Tell whether there is a wrk."""
    return shutil.which("wrk") is not None


def shoot(url: str, requests: Path, connections: int, seconds: int) -> Shot:
    """Ask random ones of the requests that a file lists for `seconds`. Raises `LoadError` where any is refused."""
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(SCRIPT), url, "--", str(requests)],  # noqa: S607 - wrk of the PATH
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + PATIENCE_SECONDS,
    )  # fmt: skip
    if done.returncode:
        raise LoadError(f"wrk failed on {url}: {(done.stderr or done.stdout).strip()[-300:]}")
    return parse(done.stdout)


def parse(output: str) -> Shot:
    """Read the line that the script prints last."""
    found = next((line for line in reversed(output.splitlines()) if line.startswith("{")), None)
    if found is None:
        raise LoadError(f"wrk printed no result: {output.strip()[-300:]}")
    told = orjson.loads(found)
    if told["refused"] or told["broken"]:
        raise LoadError(
            f"{told['refused']} answers of {told['requests']} were errors, {told['broken']} connections broke"
        )
    return Shot(told["requests"], told["microseconds"] / 1e6, told["p50"] / 1000, told["p99"] / 1000)
