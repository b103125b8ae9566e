"""From points to decisions: the best candidate on both sides, clearly ahead, is accepted; doubt is for a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.matching import weights
from flows.matching.entries import Key
from flows.matching.score import Candidate
from models.outcomes import LinkState

Side = tuple[Key, str]
"""A listing and the source it looks for its like in."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of a candidate, and why, where that is not in its evidence."""

    candidate: Candidate
    state: LinkState
    because: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Give the verdict's reason, then the evidence."""
        return (self.because, *self.candidate.reasons) if self.because else self.candidate.reasons


def decide(candidates: Sequence[Candidate]) -> list[Decision]:
    """Decide on every candidate worth a look, best first. Depends on nothing but the candidates."""
    sides = _sides(candidates)
    best = {side: found[0].points for side, found in sides.items()}
    worth = [candidate for candidate in candidates if candidate.points >= weights.REVIEW]
    return [_decide(candidate, sides, best) for candidate in sorted(worth, key=_order)]


def _decide(
    candidate: Candidate, sides: Mapping[Side, Sequence[Candidate]], best: Mapping[Side, float]
) -> Decision:
    if candidate.points < weights.ACCEPT:
        return Decision(candidate, LinkState.REVIEW, "the evidence is too thin")
    if candidate.is_vetoed:
        return Decision(candidate, LinkState.REVIEW, "some evidence forbids it")
    if not candidate.is_corroborated:
        return Decision(candidate, LinkState.REVIEW, "a shared symbol alone is no identity")
    rival = _rival(candidate, sides, best)
    if rival is None:
        return Decision(candidate, LinkState.ACCEPTED)
    ahead = candidate.points - rival.points
    if ahead < 0:
        return Decision(candidate, LinkState.REJECTED, f"{_shown(rival)} fits better by {-ahead:.1f}")
    return Decision(
        candidate, LinkState.REVIEW, f"{_shown(rival)} fits nearly as well (behind by {ahead:.1f})"
    )


def _rival(
    candidate: Candidate, sides: Mapping[Side, Sequence[Candidate]], best: Mapping[Side, float]
) -> Candidate | None:
    """Find the strongest rival that is better, or nearly as good and not clearly better off elsewhere."""
    threshold = candidate.points - weights.MARGIN
    for mine, theirs in ((candidate.left, candidate.right), (candidate.right, candidate.left)):
        for rival in sides[mine, theirs[0]]:
            if rival.points <= threshold:
                break
            if rival is candidate:
                continue
            elsewhere = best[rival.other(mine), mine[0]]
            if rival.points > candidate.points or elsewhere < candidate.points + weights.MARGIN:
                return rival
    return None


def _sides(candidates: Sequence[Candidate]) -> dict[Side, list[Candidate]]:
    sides: defaultdict[Side, list[Candidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=_order):
        sides[candidate.left, candidate.right[0]].append(candidate)
        sides[candidate.right, candidate.left[0]].append(candidate)
    return sides


def _order(candidate: Candidate) -> tuple[float, Key, Key]:
    return -candidate.points, candidate.left, candidate.right


def _shown(candidate: Candidate) -> str:
    return " = ".join(":".join(key) for key in (candidate.left, candidate.right))
