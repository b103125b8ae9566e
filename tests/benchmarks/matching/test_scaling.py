"""How the cost of matching grows: the recorded lists once, twice and four times over.

Copies are made other coins by a word of their own in every id, name and symbol, so that twice the lists is twice
the work and not a crowd. Run: `pytest tests/benchmarks/matching -s`.
"""

import resource
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest

from flows.matching.entries import Entry
from flows.matching.pairing import match_entries
from tests.benchmarks.matching.recorded_cases import ABSENT, CASES, RECORDED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not RECORDED.is_dir(), reason=ABSENT),
]


def copied(listed: Sequence[Entry], times: int) -> list[Entry]:
    """Repeat a list, each time as other coins."""
    return [_other(entry, number) for number in range(times) for entry in listed]


def _other(entry: Entry, number: int) -> Entry:
    if number == 0:
        return entry
    listing = entry.listing
    word = f"qz{number}"
    head, dash, rest = listing.source_id.partition("-")
    other = replace(
        listing,
        source_id=f"{head}{word}{dash}{rest}{word}",
        symbol=f"{listing.symbol}{word}",
        name=" ".join(f"{part}{word}" for part in (listing.name or "").split()),
    )
    return replace(entry, listing=other)


def test_cost_grows_near_linearly() -> None:
    left, right = CASES[0].lists()
    seconds: dict[int, float] = {}
    for times in (1, 2, 4):
        more_left, more_right = copied(left, times), copied(right, times)
        began = time.process_time()  # of this process alone: a busy neighbour is no growth
        rows = match_entries(more_left, more_right)
        seconds[times] = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        accepted = sum(row.state == "accepted" for row in rows)
        size = f"{times}x: {len(more_left):>6} x {len(more_right):>6}"
        print(f"{size} {seconds[times]:6.2f} s {peak:5.0f} MB, {accepted} linked")  # noqa: T201 - a benchmark tells
        if times == 1:
            assert seconds[1] < 20
            assert peak < 1024
    assert seconds[4] < 6 * seconds[1]
