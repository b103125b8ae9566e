"""Fields that take work: a resolver that cannot be left without a description, and the ids that some take."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TypeVar, cast

import strawberry

from graphql_api.errors import BadUserInput

_DIGITS_AT_MOST = 18
"""Every number of so many digits fits a key."""
TEXT_AT_MOST = 1_000
Method = TypeVar("Method", bound=Callable[..., object])


def resolver(description: str) -> Callable[[Method], Method]:
    """Make a method the resolver of a described field. To type checkers it stays the method that it is."""
    return cast("Callable[[Method], Method]", strawberry.field(description=description))


def subscription(description: str) -> Callable[[Method], Method]:
    """Make an asynchronous generator method a described subscription."""
    return cast("Callable[[Method], Method]", strawberry.subscription(description=description))


def expect_text(said: object) -> None:
    """Refuse, in whatever of tuples and texts was said, what Postgres cannot keep and nobody would read."""
    if isinstance(said, tuple):
        for each in said:
            expect_text(each)
    elif isinstance(said, str):
        if "\0" in said or any(unicodedata.category(char) == "Cs" for char in said):
            raise BadUserInput("An id, a uid or the note holds a character that is no text.")
        if len(said) > TEXT_AT_MOST:
            raise BadUserInput(
                f"Ids, uids and the note take {TEXT_AT_MOST} characters at most, got {len(said)}."
            )


def key_of(id: strawberry.ID) -> int | None:  # noqa: A002 - the API's word
    """Read a row's key; None: no row can have it. Raises `BadUserInput` for what is no whole number."""
    if not (id.isascii() and id.isdigit()):
        raise BadUserInput(f"`id` must be a whole number, as the list gives it; got {id[:40]!r}.")
    return int(id) if len(id) <= _DIGITS_AT_MOST else None
