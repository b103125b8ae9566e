"""Two listings side by side, and what one fact says about them."""

from __future__ import annotations

from dataclasses import dataclass

from flows.matching.block import Blocks
from flows.matching.normalize import Profile


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact: what it is about, what it counts, and the sentence a person reads."""

    kind: str
    points: float
    reason: str
    veto: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two listings side by side, among all others."""

    left: Profile
    right: Profile
    blocks: Blocks

    @property
    def both(self) -> tuple[Profile, Profile]:
        """Give both listings."""
        return self.left, self.right
