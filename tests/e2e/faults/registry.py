"""The catalogue of faults: each is a function that breaks a world at a moment that chance chooses."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.e2e.faults.world import Start, World

Inject = Callable[[World, random.Random], None]
"""Start what is to be broken, break it, and lift the fault again: what is left is what the next run finds."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fault, in a sentence."""

    name: str
    sentence: str
    inject: Inject
    starts: tuple[Start, ...]
    written_down: frozenset[str]
    """Tables in which the fault itself is kept, as it should be: more rows there are not doubled ones."""
    drawn_from: frozenset[str]
    """Tables that are drawn from all that was ever told: there only rows that are missing count, whatever they say."""
    in_short: bool
    under_prefect: bool
    """Whether the run is one of Prefect's, and the next one too."""
    inside: bool
    """Whether the runs are the driver's own: nothing of theirs is killed."""
    once: bool
    """Whether chance decides nothing of it: then one seed shows all there is."""
    group: str
    """The sentence for it and its like together, where a page shows those as one; or ""."""


CASES: dict[str, Case] = {}
ORDINARY = (Start.EMPTY, Start.BEGUN)
SETTLED = (Start.BEGUN,)
"""For what needs something published before: answers to compare, or a lie, which would name the coins of the first run."""


def case(  # noqa: PLR0913 - each but the first two is given by name
    name: str,
    sentence: str,
    *,
    starts: tuple[Start, ...] = ORDINARY,
    written_down: Iterable[str] = (),
    drawn_from: Iterable[str] = (),
    in_short: bool = False,
    under_prefect: bool = False,
    inside: bool = False,
    once: bool = False,
    group: str = "",
) -> Callable[[Inject], Inject]:
    """Enter a fault into the catalogue. `in_short`: `make test` tries it too."""

    def enter(inject: Inject) -> Inject:
        assert name not in CASES, f"two faults are called {name}"
        kept, drawn = frozenset(written_down), frozenset(drawn_from)
        CASES[name] = Case(
            name, sentence, inject, starts, kept, drawn, in_short, under_prefect, inside, once, group
        )
        return inject

    return enter
