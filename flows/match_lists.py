"""The curators' dry run: match two recorded lists, write what was decided and why, and score it against known pairs.

Takes no database and no Prefect. A file that cannot be read is one clear line and exit code 2, and leaves no output.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import orjson
from rich.console import Console
from rich.table import Table

from flows.matching.pairing import UNMATCHED, Row, match_entries
from flows.matching.recorded import (
    Recorded,
    UnknownShape,
    mark_fresh,
    read_contracts,
    read_list,
    with_contracts,
)
from models.outcomes import LinkState

BAD_INPUT = 2
COLUMNS = ("left_id", "right_id", "state", "method", "score", "reasons")
_SHOWN_REJECTS = 3


class BadInput(Exception):  # noqa: N818 - said to the person who typed it
    """Something given on the command line cannot be used. The message is the whole story."""


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
        lists = _read(left, right, contracts)
        known = _truth(truth) if truth else {}
        rows = match_entries(*mark_fresh(lists[0].entries, lists[1].entries), explain=explain)
        _write(out, rows)
    except BadInput as wrong:
        Console(stderr=True).print(
            f"match: {wrong}", style="red", markup=False, highlight=False, soft_wrap=True
        )
        return BAD_INPUT
    _report(console, (left, right), lists, rows, out)
    if truth:
        _report_truth(console, rows, known)
    return 0


def _read(left: str, right: str, contracts: Sequence[str]) -> tuple[Recorded, Recorded]:
    lists = []
    for given in (left, right):
        source, path = _split(given, "source:path")
        try:
            lists.append((source, read_list(source, _json(path))))
        except UnknownShape as wrong:
            raise BadInput(f"{path}: {wrong}") from None
    if lists[0][0] == lists[1][0]:
        raise BadInput(f"both lists are of {lists[0][0]}: give two sources")
    known = _contracts(contracts)
    found = [
        _with_contracts(recorded, known if source == "coinpaprika" else {}) for source, recorded in lists
    ]
    return found[0], found[1]


def _with_contracts(recorded: Recorded, contracts: Mapping[str, Sequence[str]]) -> Recorded:
    return Recorded(recorded.shape, with_contracts(recorded.entries, contracts), recorded.rejects)


def _contracts(given: Sequence[str]) -> dict[str, list[str]]:
    known: defaultdict[str, list[str]] = defaultdict(list)
    for one in given:
        platform, path = _split(one, "platform:path")
        try:
            found, _ = read_contracts(platform, _json(path))
        except UnknownShape as wrong:
            raise BadInput(f"{path}: {wrong}") from None
        for source_id, addresses in found.items():
            known[source_id] += addresses
    return known


def _split(given: str, form: str) -> tuple[str, Path]:
    name, colon, path = given.partition(":")
    if not (name and colon and path):
        raise BadInput(f"{given!r} should read {form}")
    return name, Path(path)


def _json(path: Path) -> object:
    try:
        return orjson.loads(path.read_bytes())
    except OSError as wrong:
        raise BadInput(f"{path}: {wrong.strerror or wrong}") from None
    except orjson.JSONDecodeError as wrong:
        raise BadInput(f"{path}: not JSON: {wrong}") from None


def _truth(path: Path) -> dict[str, set[str]]:
    """Read the known pairs: the ids that are right for each left id."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {
            row["coingecko_id"]: {row["coinpaprika_id"], *(row.get("also_right") or "").split("|")} - {""}
            for row in rows
        }
    except OSError as wrong:
        raise BadInput(f"{path}: {wrong.strerror or wrong}") from None
    except (KeyError, UnicodeDecodeError, csv.Error) as wrong:
        raise BadInput(f"{path}: not a truth file with coingecko_id and coinpaprika_id: {wrong}") from None


def _write(out: Path, rows: Iterable[Row]) -> None:
    """Write the whole file or nothing."""
    try:
        handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    except OSError as wrong:
        raise BadInput(f"{out}: {wrong.strerror or wrong}") from None
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8", errors="replace") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows([getattr(row, column) for column in COLUMNS] for row in rows)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(out)
    except OSError as wrong:
        Path(temporary).unlink(missing_ok=True)
        raise BadInput(f"{out}: {wrong.strerror or wrong}") from None


def _report(
    console: Console, names: tuple[str, str], lists: tuple[Recorded, Recorded], rows: Sequence[Row], out: Path
) -> None:
    table = Table("list", "shape", "listings", "rejected", title="match")
    for name, recorded in zip(names, lists, strict=True):
        table.add_row(name, recorded.shape, str(len(recorded.entries)), str(len(recorded.rejects)))
    console.print(table)
    for recorded in lists:
        for reason in recorded.rejects[:_SHOWN_REJECTS]:
            console.print(f"rejected: {reason}", markup=False, highlight=False, soft_wrap=True)
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
