"""A reply on its way out, what is known of the request it answers, and what a fault is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from random import Random

JSON = {"content-type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, and how its bytes travel."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    """Without the content length: `promised` says it."""
    body: bytes = b""
    wait_seconds: float = 0.0
    """How long nothing comes."""
    drip_seconds: float = 0.0
    """How long one piece takes after another; 0: all at once."""
    promised: int | None = None
    """The content length told; None: the true one."""
    is_reset: bool = False
    """Whether the connection is torn down before the first byte."""

    def with_headers(self, **headers: str) -> Reply:
        """Add headers, or put others in their place; `_` stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


@dataclass(frozen=True, slots=True)
class Occasion:
    """The request that a fault befalls, and what its order says."""

    target: str = "/"
    """The request's path and query."""
    seed: int = 0
    seconds: float = 2.0
    """How long what takes time takes."""
    before: Reply | None = None
    """The true reply to the request before this one, where the same order has seen one."""

    def chance(self) -> Random:
        """Draw by the seed and the request: the same page is befallen in the same way again."""
        return Random(f"{self.seed} {self.target}")  # noqa: S311 - it must be guessable


Rewrite = Callable[[Reply, Occasion], Reply]


class Kind(StrEnum):
    """What of a reply a fault changes."""

    TRANSPORT = "transport"
    """How its bytes travel."""
    ANSWER = "answer"
    """All that it says: the true reply is not even made."""
    DATA = "data"
    """What its rows say."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a provider's reply goes wrong."""

    name: str
    sentence: str
    kind: Kind
    rewrite: Rewrite


def described(kind: Kind, *rewrites: Rewrite) -> list[Fault]:
    """Make faults of functions: a function's name is the fault's, its docstring the sentence."""
    return [Fault(one.__name__, (one.__doc__ or "").strip(), kind, one) for one in rewrites]
