"""Reading and writing bodies: exact numbers, and errors that hide in good-looking answers.

Providers' answers are not to be trusted: a web page instead of JSON, JSON cut short, an error with status 200. What
is not what it should be raises the error that names its remedy.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any, NoReturn

import orjson

from flows.errors import (
    BeyondPlan,
    BudgetExhausted,
    Fatal,
    NotFound,
    Refused,
    RetryLater,
    RetryNow,
    SourceError,
)

DEFAULT_PAUSE_SECONDS = 60.0
"""How long to leave a source alone that says "too many" and not until when."""

TOO_LONG_AGO, NOT_IN_PLAN = 10012, "not allowed in this plan"
"""How CoinGecko, by its own code, and CoinPaprika say that a plan shows no prices of so long ago."""

EPOCH_FROM = 1_000_000_000
"""A pause above this many seconds is a moment: seconds since 1970."""

EPOCH_UNTIL = 100_000_000_000
"""From here on it is neither: infinity, or a slip of the pen."""

LONGEST_INT = 18
"""Digits that fit 64 bits; longer whole numbers are Decimals, like those with a fraction."""

LONGEST_WHOLE, LONGEST_FRACTION = 131_072, 16_383
"""Digits before and after the point that PostgreSQL's numbers can have; a longer number is kept as a text."""

DEEPEST = 1_024
"""Levels that a body may be nested, orjson's own limit; honest ones have a dozen."""

DEEPEST_KEPT = 200
"""Levels that are kept as they are: PostgreSQL and every reader cope with them."""

LONGEST_MESSAGE = 500
"""Characters of a provider's message that are told; the reject keeps more of it."""

_EDGE_PAUSE = re.compile(rb"\s*(error code: 10\d\d|Throttled)")
_TRANSIENT = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}
_FATAL: dict[int, type[Fatal]] = {
    HTTPStatus.UNAUTHORIZED: Refused,
    HTTPStatus.FORBIDDEN: Refused,
    HTTPStatus.NOT_FOUND: NotFound,
}


def decode(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Decode JSON with exact numbers. Raises `RetryNow` for a body that is cut short or no JSON, `Fatal` for an abyss."""
    if _EDGE_PAUSE.match(body):
        raise RetryLater(f"asks for a pause: {_shown(body)}", seconds=DEFAULT_PAUSE_SECONDS, body=body)
    try:
        return json.loads(body, parse_float=Decimal, parse_int=_whole, parse_constant=_not_json)
    except RecursionError:
        raise _too_deep(body) from None
    except (ValueError, ArithmeticError) as error:
        raise RetryNow(f"did not answer with readable JSON ({error}): {_shown(body)}", body=body) from error


def refuse_broken(body: bytes) -> None:
    """Raise, by its remedy, for a body that is not whole JSON, or that is an error in a good-looking answer.

    The client asks this before a page counts as fetched: so a broken one is tried again, and never cached.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = decode(body)  # orjson is stricter in what does not matter here, and less telling
        if not _is_within(DEEPEST, data):
            raise _too_deep(body) from None
    if said_error(data) is not None:
        raise error_for(HTTPStatus.OK, data, body)


def decode_list(body: bytes) -> list[Any]:
    """Decode a body that must be a JSON array. An error inside a good-looking answer is raised by its remedy."""
    data = decode(body)
    if isinstance(data, list):
        return data
    raise error_for(HTTPStatus.OK, data, body)


def decode_object(body: bytes, *required: str) -> dict[str, Any]:
    """Decode a body that must be a JSON object with the `required` keys; raises like `decode_list`."""
    data = decode(body)
    if isinstance(data, dict) and said_error(data) is None and all(name in data for name in required):
        return data
    raise error_for(HTTPStatus.OK, data, body)


def said_error(data: object, levels: int = 5) -> tuple[int | None, str] | None:
    """Find the error in a decoded body, or some `levels` of `error` below: (code, message). There are five shapes."""
    if not isinstance(data, Mapping):
        return None
    inner, status, payload = data.get("error"), data.get("status"), data.get("data")
    if isinstance(inner, Mapping):
        return (said_error(inner, levels - 1) if levels else None) or (None, encode(inner)[:200])
    if isinstance(inner, str):
        return None, inner
    if isinstance(status, Mapping) and {"error_code", "error_message"} & set(status):
        code = status.get("error_code", data.get("error_code"))
        return code if isinstance(code, int) else None, str(status.get("error_message", ""))
    if isinstance(payload, Mapping) and set(payload) == {"message"}:
        return None, str(payload["message"])
    return None


def error_for(status: int, data: object, body: bytes, *, pause: float | None = None) -> SourceError:
    """Name the remedy for an answer with this status and decoded body.

    `pause` is what the headers asked for, in seconds. A status of 200 with an error inside counts as that error.
    """
    code, said = said_error(data) or (None, f"unexpected answer: {_shown(body)}")
    message = printable(said[:LONGEST_MESSAGE])
    is_hidden = status == HTTPStatus.OK and code is not None and code in set(HTTPStatus)
    meant = code if is_hidden and code is not None else status
    text = message if status == HTTPStatus.OK else f"HTTP {status}: {message}"
    if "deprecating this version" in message:
        return Fatal(f"{text}; set the source's base URL to a living version", body=body)
    if meant == HTTPStatus.TOO_MANY_REQUESTS:
        return RetryLater(text, seconds=DEFAULT_PAUSE_SECONDS if pause is None else pause, body=body)
    if code == TOO_LONG_AGO or (meant == HTTPStatus.PAYMENT_REQUIRED and NOT_IN_PLAN in message):
        return BeyondPlan(text, body=body)
    if meant == HTTPStatus.PAYMENT_REQUIRED:
        return BudgetExhausted(text, body=body)
    if meant in _TRANSIENT or meant >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return RetryNow(text, body=body) if pause is None else RetryLater(text, seconds=pause, body=body)
    return _FATAL.get(meant, Fatal)(text, body=body)


def encode(data: object) -> str:
    """Write decoded JSON back as one canonical text: keys sorted, numbers digit by digit.

    What JSONB cannot hold (NUL, half a surrogate pair) is written out as its escape; deeper nesting than any honest
    record has becomes one string, and a number that no column holds becomes a text.
    """
    try:
        text = _dumped(data)
    except TypeError:
        return _dumped(_printable(data) if _is_within(DEEPEST_KEPT, data) else _abridged(data))
    return _dumped(_printable(data)) if "\\u0000" in text else text


def hash_of(text: str) -> bytes:
    """Hash a canonical text: equal hashes mean equal content."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _dumped(data: object) -> str:
    return orjson.dumps(data, default=_number, option=orjson.OPT_SORT_KEYS).decode()


def _number(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value).encode() if _fits_numeric(value) else _dumped(str(value)).encode())
    raise TypeError(f"{type(value).__name__} is no JSON")


def _fits_numeric(value: Decimal) -> bool:
    """Tell whether PostgreSQL can hold the number: it keeps 131072 digits before the point and 16383 after."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -LONGEST_FRACTION and value.adjusted() < LONGEST_WHOLE


def printable(text: str) -> str:
    """Write out what PostgreSQL cannot hold in a text: NUL and half surrogate pairs become their escapes."""
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()


def _printable(data: object) -> object:
    if isinstance(data, str):
        return printable(data)
    if isinstance(data, Mapping):
        return {_printable(key): _printable(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_printable(item) for item in data]
    return data


def _abridged(data: object) -> str:
    try:
        return repr(data)[:10_000]
    except RecursionError:
        return "nested too deep to be written"


def _is_within(levels: int, data: object) -> bool:
    """Tell whether data is nested no deeper; looks level by level, since depth is what a stack does not bear."""
    layer = [data]
    for _ in range(levels):
        layer = [inner for outer in layer for inner in _inside(outer)]
        if not layer:
            return True
    return False


def _inside(data: object) -> Iterable[object]:
    return data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else ()


def _too_deep(body: bytes) -> Fatal:
    return Fatal(f"answered with JSON nested too deep to read: {_shown(body)}", body=body)


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= LONGEST_INT else Decimal(digits)


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _shown(body: bytes) -> str:
    return repr(body[:120].decode("utf-8", "replace"))
