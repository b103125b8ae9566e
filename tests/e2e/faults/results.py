"""What came of each trial, a line each in a file: trials of today and of yesterday make one table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Result:
    """One trial of a case: what it cost, or why it could not be tried, or how it did not recover."""

    case: str
    seed: int
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0
    """From the moment the fault was lifted to the end of the first clean run."""
    runs: int = 0
    """How many runs that took."""
    skipped: str = ""
    failure: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it recovered, and no row was lost or doubled."""
        return not self.failure and self.lost == self.doubled == 0


def keep(path: Path, result: Result) -> None:
    """Add a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(orjson.dumps(asdict(result)) + b"\n")


def kept(path: Path) -> Iterable[Result]:
    """Read the last result of each case and seed."""
    found = [Result(**orjson.loads(line)) for line in path.read_bytes().splitlines()]
    return {(one.case, one.seed): one for one in found}.values()
