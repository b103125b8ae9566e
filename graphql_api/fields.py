"""Fields that take work: a resolver that cannot be left without a description."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import strawberry

Method = TypeVar("Method", bound=Callable[..., object])


def resolver(description: str) -> Callable[[Method], Method]:
    """Make a method the resolver of a described field. To type checkers it stays the method that it is."""
    return cast("Callable[[Method], Method]", strawberry.field(description=description))
