"""The curators' dry run: match two recorded lists, write what was decided and why, and score it against known pairs.

Takes no database and no Prefect. A file that cannot be read is one clear line and exit code 2, and leaves no output.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows.match_files import (
    BadInput,
    contracts_of,
    list_of,
    refuse_overwriting,
    split,
    truth_of,
    write_links,
)
from flows.matching.entries import Entry
from flows.matching.pairing import UNMATCHED, Row, match_entries
from flows.matching.recorded import Recorded, mark_fresh, with_contracts
from models.outcomes import LinkState

BAD_INPUT = 2
_SHOWN_REJECTS = 3


def match(
    left: str,
    right: str,
    out: Path,
    contracts: Sequence[str] = (),
    explain: bool = False,  # noqa: FBT001, FBT002 - the command line's flag
    truth: Path | None = None,
) -> int:
    """Match LEFT with RIGHT, each `source:path`, and write one line for every left listing to `out`.

    `contracts` are `platform:path`, for CoinPaprika's listings. `explain` adds the candidates that lost to the
    reasons. `truth` prints how much is right and lists every miss. Answers the exit code.
    """
    console = Console()
    try:
        inputs = _read(left, right, contracts)
        refuse_overwriting(out, [*(file.path for file in inputs.files), *([truth] if truth else [])])
        known = truth_of(truth, *inputs.sources) if truth else {}
        rows = match_entries(*mark_fresh(*inputs.entries()), explain=explain)
        write_links(out, rows)
    except BadInput as wrong:
        Console(stderr=True).print(
            f"match: {' '.join(str(wrong).split())}",
            style="red",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
        return BAD_INPUT
    _report(console, inputs, rows, out)
    if truth:
        _report_truth(console, rows, known)
    return 0


@dataclass(frozen=True, slots=True)
class _FileRead:
    """What one file gave."""

    source: str
    path: Path
    shape: str
    used: int
    rejects: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Everything that was read: two lists, and addresses for CoinPaprika's listings."""

    sources: tuple[str, str]
    lists: tuple[Recorded, Recorded]
    contracts: Mapping[str, Sequence[str]]
    files: tuple[_FileRead, ...]

    def entries(self) -> list[tuple[Entry, ...]]:
        """Give both lists, with the addresses added where they belong."""
        return [
            with_contracts(found.entries, self.contracts if source == "coinpaprika" else {})
            for source, found in zip(self.sources, self.lists, strict=True)
        ]


def _read(left: str, right: str, contracts: Sequence[str]) -> _Inputs:
    (left_source, left_path), (right_source, right_path) = (
        split(given, "source:path") for given in (left, right)
    )
    if left_source == right_source:
        raise BadInput(f"both lists are of {left_source}: give two sources")
    if contracts and "coinpaprika" not in (left_source, right_source):
        raise BadInput("--contracts are CoinPaprika's, and none of the two lists is")
    files: list[_FileRead] = []
    lists = (list_of(left_source, left_path), list_of(right_source, right_path))
    for source, path, found in zip((left_source, right_source), (left_path, right_path), lists, strict=True):
        files.append(_FileRead(source, path, found.shape, len(found.entries), found.rejects))
    known: defaultdict[str, list[str]] = defaultdict(list)
    for platform, path in [split(given, "platform:path") for given in contracts]:
        addresses, rejects = contracts_of(platform, path)
        files.append(_FileRead(platform, path, "contracts", len(addresses), rejects))
        for source_id, some in addresses.items():
            known[source_id] += some
    return _Inputs((left_source, right_source), lists, known, tuple(files))


def _report(console: Console, inputs: _Inputs, rows: Sequence[Row], out: Path) -> None:
    table = Table("of", "file", "shape", "coins", "rejected", title="match")
    for file in inputs.files:
        table.add_row(file.source, file.path.name, file.shape, str(file.used), str(len(file.rejects)))
    console.print(table)
    for file in inputs.files:
        for reason in file.rejects[:_SHOWN_REJECTS]:
            console.print(
                f"rejected in {file.path.name}: {reason}", markup=False, highlight=False, soft_wrap=True
            )
    states = Counter(row.state for row in rows)
    methods = Counter((row.state, row.method) for row in rows if row.method)
    summary = Table("state", "method", "left listings")
    for state, count in sorted(states.items()):
        summary.add_row(state, "", str(count))
        for (of, method), some in methods.most_common():
            if of == state:
                summary.add_row("", method, str(some))
    console.print(summary)
    console.print(f"written: {out}", markup=False, highlight=False, soft_wrap=True)


def _report_truth(console: Console, rows: Sequence[Row], known: Mapping[str, set[str]]) -> None:
    """Print right, wrong and unmatched of the left ids the truth names, and every miss with its reasons."""
    by_left = {row.left_id: row for row in rows}
    outcome: Counter[str] = Counter()
    for left_id, right_ids in known.items():
        row = by_left.get(left_id)
        is_accepted = row is not None and row.state == LinkState.ACCEPTED
        verdict = ("right" if row and row.right_id in right_ids else "wrong") if is_accepted else UNMATCHED
        outcome[verdict] += 1
        if verdict != "right":
            told = f"{row.state} {row.right_id} {row.reasons}" if row else "not in the left list"
            console.print(
                f"{verdict}: {left_id} should be {'|'.join(sorted(right_ids))}: {told}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
    total = max(1, len(known))
    table = Table("truth", "pairs", "share")
    for verdict in ("right", "wrong", UNMATCHED):
        table.add_row(verdict, str(outcome[verdict]), f"{outcome[verdict] / total:.2%}")
    console.print(table)
