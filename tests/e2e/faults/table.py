"""The table at the end: what was tried, how often, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from tests.e2e.faults.catalogue import CASES
from tests.e2e.faults.results import Result

HEAD = ("fault", "seeds", "lost rows", "doubled rows", "seconds to recover", "runs")
RULE = ("---", *["---:"] * (len(HEAD) - 1))


def draw(results: Iterable[Result], *, in_groups: bool = False) -> str:
    """Draw it in Markdown: a line for each fault in the order of the catalogue, or one for each group of them."""
    order = list(CASES)
    known = sorted((one for one in results if one.case in CASES), key=lambda one: order.index(one.case))

    def called(result: Result) -> str:
        case = CASES[result.case]
        return case.group if in_groups and case.group else case.sentence

    lines = [_line(sentence, list(tried)) for sentence, tried in groupby(known, called)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (HEAD, RULE, *lines))


def _line(sentence: str, tried: Sequence[Result]) -> tuple[str, ...]:
    faults = len({one.case for one in tried})
    return f"{sentence} ({faults})" if faults > 1 else sentence, *_cells(tried)


def _cells(tried: Sequence[Result]) -> tuple[str, ...]:
    if skipped := next((one.skipped for one in tried if one.skipped), None):
        return "-", "-", "-", f"skipped: {skipped}", "-"
    recovered = [one for one in tried if not one.failure]
    seconds = sorted({round(one.seconds) for one in recovered})
    took = " to ".join(map(str, dict.fromkeys((seconds[0], seconds[-1])))) if seconds else "-"
    failures = len(tried) - len(recovered)
    return (
        str(len({one.seed for one in tried})),
        str(sum(one.lost for one in tried)),
        str(sum(one.doubled for one in tried)),
        f"{failures} FAILED, {took}" if failures else took,
        str(max((one.runs for one in recovered), default=0)),
    )
