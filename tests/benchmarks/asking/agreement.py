"""Nobody is timed doing less: what every contender answers is compared with what we do, row by row, value by value.

How a value is spelled may differ: digits may be trimmed, a time may say `Z` or `+00:00`, a field may lie in an object
of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.benchmarks.errors import DisagreementError

_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_OF_ITS_OWN = frozenset({"cursor", "endCursor", "meta"})
"""What only the server that wrote it can read, or what is of one request alone."""


def meaning(value: Any) -> Any:  # noqa: ANN401 - JSON is any
    """Reduce an answer to what it says."""
    match value:
        case Mapping():
            told = {name: meaning(each) for name, each in value.items() if name not in _OF_ITS_OWN}
            flat = {}
            for name, each in told.items():
                flat |= each if name == "price" and isinstance(each, dict) else {name: each}
            return flat["nodes"] if flat.keys() == {"nodes"} else flat
        case str() if _NUMBER.fullmatch(value):
            return Decimal(value)
        case str() if _TIME.match(value):
            return datetime.fromisoformat(value)
        case str() | bool() | None:
            return value
        case Sequence():
            return [meaning(each) for each in value]
        case _:
            return Decimal(repr(value))


def rows(answer: object) -> int:
    """Count the rows of an answer, those within rows too."""
    match answer:
        case dict():
            return sum(rows(each) for each in answer.values())
        case list():
            return len(answer) + sum(rows(each) for each in answer)
        case _:
            return 0


def require_rows(what: str, answer: object, wanted: int) -> None:
    """Raise `DisagreementError` unless our own answer has all the rows that the question is about."""
    found = rows(meaning(answer))
    if found != wanted or not any(answer.values() if isinstance(answer, dict) else ()):
        raise DisagreementError(f"Kasparro answers {what} with {found} rows, not {wanted}, or with nothing")


def require_agreement(who: str, what: str, ours: object, theirs: object) -> None:
    """Raise `DisagreementError` unless two answers mean the same."""
    place = _difference(meaning(ours), meaning(theirs), "answer")
    if place:
        raise DisagreementError(f"{who} answers {what} otherwise than Kasparro: {place}")


def _difference(ours: object, theirs: object, place: str) -> str | None:
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        pairs = [(f"{place}.{name}", each, theirs[name]) for name, each in ours.items()]
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = [(f"{place}[{at}]", *both) for at, both in enumerate(zip(ours, theirs, strict=True))]
    elif ours == theirs:
        return None
    else:
        return f"{place} is {_short(theirs)}, not {_short(ours)}"
    return next((told for at, one, other in pairs if (told := _difference(one, other, at))), None)


def _short(value: object) -> str:
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, list | dict) else repr(value)[:100]
