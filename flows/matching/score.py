"""All evidence on two listings, added up: points to decide by, a score to publish, reasons to read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from flows.matching import weights
from flows.matching.block import Blocks, Pair
from flows.matching.comparison import Comparison, Evidence
from flows.matching.entries import Key
from flows.matching.evidence import EVIDENCE


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two listings and everything that speaks for or against their being one coin."""

    left: Key
    right: Key
    points: float
    evidence: tuple[Evidence, ...]
    is_corroborated: bool
    """Something beside symbol and numbers agrees: a contract, a name or an id."""

    @property
    def score(self) -> float:
        """Give the points as a number between 0 and 1; 0.5 is the least that is accepted."""
        return round(1 / (1 + math.exp((weights.ACCEPT - self.points) / weights.SCALE)), 4)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Give what a person reads, strongest first."""
        ordered = sorted(self.evidence, key=lambda fact: (not fact.veto, -abs(fact.points)))
        return tuple(f"{fact.reason} ({fact.points:+.1f}{', veto' if fact.veto else ''})" for fact in ordered)

    @property
    def method(self) -> str:
        """Name the evidence that carries most: contract, symbol+name, name, symbol+slug and so on."""
        if self.has("contract"):
            return "contract"
        return "+".join(kind for kind in ("symbol", "name", "slug", "called") if self.has(kind)) or "none"

    @property
    def is_vetoed(self) -> bool:
        """Tell whether some evidence forbids the matcher to link; a shared contract outranks a far price and a twin."""
        vetoes = {fact.kind for fact in self.evidence if fact.veto}
        return bool(vetoes - {"price", "twin"} if self.has("contract") else vetoes)

    def has(self, kind: str) -> bool:
        """Tell whether evidence of this kind speaks for the link."""
        return any(fact.kind == kind and fact.points > 0 for fact in self.evidence)

    def speaks(self, kind: str) -> bool:
        """Tell whether there is evidence of this kind at all, for or against."""
        return any(fact.kind == kind for fact in self.evidence)

    def other(self, key: Key) -> Key:
        """Give the other listing."""
        return self.right if key == self.left else self.left


def score(blocks: Blocks, pairs: Iterable[Pair]) -> list[Candidate]:
    """Weigh every pair."""
    return [compare(blocks, left, right) for left, right in pairs]


def compare(blocks: Blocks, left: Key, right: Key) -> Candidate:
    """Weigh one pair."""
    pair = Comparison(blocks.profiles[left], blocks.profiles[right], blocks)
    evidence = tuple(fact for weigh in EVIDENCE if (fact := weigh(pair)) is not None)
    by_kind = {fact.kind: fact.points for fact in evidence}
    return Candidate(
        left=left,
        right=right,
        points=round(sum(by_kind.values()), 6),
        evidence=evidence,
        is_corroborated=any(by_kind.get(kind, 0.0) > 0 for kind in ("contract", "name", "slug", "called")),
    )
