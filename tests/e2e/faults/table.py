"""The table at the end: what was tried, how often, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rich import box
from rich.table import Table

from tests.e2e.faults.registry import Case
from tests.e2e.faults.trial import Trial


@dataclass(slots=True)
class Tried:
    """A case with its trials; or why there were none, or how one failed to recover."""

    case: Case
    trials: list[Trial] = field(default_factory=list)
    skipped: str | None = None
    failures: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether every trial recovered, and no row was lost or doubled."""
        return not self.failures and self.lost == self.doubled == 0

    @property
    def lost(self) -> int:
        """Rows that were lost, over all trials."""
        return sum(trial.difference.counts[0] for trial in self.trials)

    @property
    def doubled(self) -> int:
        """Rows that were doubled, over all trials."""
        return sum(trial.difference.counts[1] for trial in self.trials)


def draw(tried: Iterable[Tried]) -> Table:
    """Draw the table."""
    table = Table(box=box.MARKDOWN)
    for name in ("fault", "seeds", "lost rows", "doubled rows", "seconds to recover", "runs"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for one in tried:
        table.add_row(one.case.sentence, *_cells(one))
    return table


def _cells(one: Tried) -> tuple[str, ...]:
    if one.skipped:
        return ("-", "-", "-", f"skipped: {one.skipped}", "-")
    seconds = sorted({round(trial.seconds) for trial in one.trials})
    took = " to ".join(map(str, dict.fromkeys((seconds[0], seconds[-1])))) if seconds else "-"
    runs = str(max((trial.runs for trial in one.trials), default=0))
    failed = f"{len(one.failures)} FAILED, " if one.failures else ""
    return (str(len(one.trials)), str(one.lost), str(one.doubled), failed + took, runs)
