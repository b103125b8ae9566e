"""Two lists paired, one line for every listing of the left: what a dry run shows of the decisions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flows.matching.block import block
from flows.matching.cluster import Clusters
from flows.matching.decide import Decision, decide_all
from flows.matching.entries import Entry, Prior
from flows.matching.normalize import profile
from models.outcomes import LinkState

UNMATCHED = "unmatched"
_RUNNERS_UP = 3


@dataclass(frozen=True, slots=True)
class Row:
    """What was decided for one listing of the left list."""

    left_id: str
    right_id: str
    state: str
    method: str
    score: str
    reasons: str


def match_entries(left: Sequence[Entry], right: Sequence[Entry], *, explain: bool = False) -> list[Row]:
    """Decide for every listing of `left` which of `right` it is, in the order of `left`."""
    blocks = block([profile(entry) for entry in (*left, *right)])
    decisions = decide_all(blocks)
    clusters = Clusters(blocks.profiles, Prior())
    vetoed = {(d.candidate.left, d.candidate.right) for d in decisions if d.candidate.is_vetoed}
    refusals = clusters.join((d.candidate for d in decisions if d.state is LinkState.ACCEPTED), vetoed)
    refused = {(refusal.candidate.left, refusal.candidate.right) for refusal in refusals}
    by_left: defaultdict[str, list[Decision]] = defaultdict(list)
    for decision in decisions:
        pair = (decision.candidate.left, decision.candidate.right)
        found = (
            Decision(decision.candidate, LinkState.REVIEW, "its like has another")
            if pair in refused
            else decision
        )
        for source, source_id in pair:
            if source == left[0].listing.source:
                by_left[source_id].append(found)
    return [_row(entry, by_left[entry.listing.source_id], explain=explain) for entry in left]


def _row(entry: Entry, decisions: Sequence[Decision], *, explain: bool) -> Row:
    order = {LinkState.ACCEPTED: 0, LinkState.REVIEW: 1, LinkState.REJECTED: 2}
    ranked = sorted(decisions, key=lambda found: (order[found.state], -found.candidate.points))
    best = ranked[0] if ranked and ranked[0].state is not LinkState.REJECTED else None
    lost = (
        [_told(entry, found) for found in ranked[:_RUNNERS_UP] if found is not best]
        if explain or best is None
        else []
    )
    left_id = entry.listing.source_id
    if best is None:
        return Row(
            left_id,
            "",
            UNMATCHED,
            "",
            "",
            "; ".join(lost) or "no listing shares its symbol, name, id or contract closely enough",
        )
    candidate = best.candidate
    reasons = "; ".join((*best.reasons, *lost))
    return Row(
        left_id,
        candidate.other(entry.key)[1],
        best.state,
        candidate.method,
        f"{candidate.score:.4f}",
        reasons,
    )


def _told(entry: Entry, decision: Decision) -> str:
    other = decision.candidate.other(entry.key)[1]
    return f"[{decision.state} {other} {decision.candidate.score:.4f}: {', '.join(decision.reasons)}]"
