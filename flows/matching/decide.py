"""From points to decisions: the best candidate on both sides, clearly ahead, is accepted; doubt is for a person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from flows.matching import weights
from flows.matching.block import Blocks, Side
from flows.matching.entries import Key
from flows.matching.score import Candidate, score
from models.outcomes import LinkState


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


def decide_all(blocks: Blocks) -> list[Decision]:
    """Decide in two passes: what the first settles is out of the way in the second.

    So a symbol or name that several listings share becomes telling among those that are left. A listing whose like
    was found to be another's stays out: it is more likely a copy than a match for what is left. Best first.
    """
    first = decide(score(blocks, blocks.pairs()))
    done = [found.candidate for found in first if found.state is not LinkState.REVIEW]
    left_over = blocks.without(side for pair in done for side in _both_sides(pair))
    second = decide(score(left_over, left_over.pairs()))
    latest = {(found.candidate.left, found.candidate.right): found for found in (*first, *second)}
    return sorted(latest.values(), key=lambda found: _order(found.candidate))


def decide(candidates: Sequence[Candidate]) -> list[Decision]:
    """Decide on every candidate worth a look, best first. Depends on nothing but the candidates."""
    table = _Table(candidates)
    worth = [candidate for candidate in candidates if candidate.points >= weights.REVIEW]
    return [_decide(candidate, table) for candidate in sorted(worth, key=_order)]


def _decide(candidate: Candidate, table: _Table) -> Decision:
    if candidate.points < weights.ACCEPT:
        return Decision(candidate, LinkState.REVIEW, "the evidence is too thin")
    if candidate.is_vetoed:
        return Decision(candidate, LinkState.REVIEW, "some evidence forbids it")
    if not candidate.is_corroborated:
        return Decision(candidate, LinkState.REVIEW, "a shared symbol alone is no identity")
    rival = table.rival(candidate)
    if rival is None:
        return Decision(candidate, LinkState.ACCEPTED)
    ahead = candidate.points - rival.points
    if ahead < 0:
        return Decision(candidate, LinkState.REJECTED, f"{_shown(rival)} fits better by {-ahead:.1f}")
    return Decision(
        candidate, LinkState.REVIEW, f"{_shown(rival)} fits nearly as well (behind by {ahead:.1f})"
    )


class _Table:
    """The candidates by listing, to find who competes with whom."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._sides: defaultdict[Side, list[Candidate]] = defaultdict(list)
        self._net: dict[tuple[Key, Key], float] = {}
        for candidate in sorted(candidates, key=_order):
            for side in _both_sides(candidate):
                self._sides[side].append(candidate)
            net = 0.0 if candidate.is_vetoed else max(0.0, candidate.points - weights.ACCEPT)
            self._net[candidate.left, candidate.right] = self._net[candidate.right, candidate.left] = net

    def rival(self, candidate: Candidate) -> Candidate | None:
        """Find the strongest candidate for one of the two listings that is as good, all things considered."""
        threshold = candidate.points - weights.MARGIN
        for mine, theirs in ((candidate.left, candidate.right), (candidate.right, candidate.left)):
            for rival in self._sides[mine, theirs[0]]:
                if rival.points <= threshold:
                    break
                if rival is candidate or (rival.points < candidate.points and rival.speaks("activity")):
                    continue
                if candidate.speaks("activity") or not self._is_better_apart(mine, theirs, rival.other(mine)):
                    return rival
        return None

    def _is_better_apart(self, mine: Key, theirs: Key, other: Key) -> bool:
        """Tell whether mine-theirs and other-somebody are clearly better, together, than mine-other.

        One listing has one like in a source, so what counts is how well all of them fit, not one.
        """
        for elsewhere in self._sides[other, mine[0]]:
            somebody = elsewhere.other(other)
            if somebody == mine or self._net[other, somebody] == 0.0:
                continue
            apart = self._net[mine, theirs] + self._net[other, somebody]
            crossed = self._net[mine, other] + self._net.get((somebody, theirs), 0.0)
            if apart >= crossed + weights.MARGIN:
                return True
        return False


def _both_sides(candidate: Candidate) -> tuple[Side, Side]:
    return (candidate.left, candidate.right[0]), (candidate.right, candidate.left[0])


def _order(candidate: Candidate) -> tuple[float, Key, Key]:
    return -candidate.points, candidate.left, candidate.right


def _shown(candidate: Candidate) -> str:
    return " = ".join(":".join(key) for key in (candidate.left, candidate.right))
