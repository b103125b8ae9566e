"""The catalogue of faults: each is a function that breaks a world at a moment that chance chooses."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.e2e.faults.world import Start, World

Inject = Callable[[World, random.Random], None]
"""Start what is to be broken, break it, and lift the fault again: what is left is what the next run finds."""


class Unavailable(Exception):  # noqa: N818 - reads as what happened
    """This machine cannot show the fault; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Case:
    """One fault, in a sentence."""

    name: str
    sentence: str
    inject: Inject
    starts: tuple[Start, ...]
    written_down: frozenset[str]
    """Tables in which the fault itself is kept, as it should be: more rows there are not doubled ones."""
    in_short: bool
    under_prefect: bool
    """Whether the run is one of Prefect's, and the next one too."""


CASES: dict[str, Case] = {}
ORDINARY = (Start.EMPTY, Start.BEGUN)


def case(
    name: str,
    sentence: str,
    *,
    starts: tuple[Start, ...] = ORDINARY,
    written_down: tuple[str, ...] = (),
    in_short: bool = False,
    under_prefect: bool = False,
) -> Callable[[Inject], Inject]:
    """Enter a fault into the catalogue. `in_short`: `make test` tries it too."""

    def enter(inject: Inject) -> Inject:
        assert name not in CASES, f"two faults are called {name}"
        CASES[name] = Case(name, sentence, inject, starts, frozenset(written_down), in_short, under_prefect)
        return inject

    return enter
