"""The scalars of our own: exact numbers, UTC times, and JSON as it was received."""

from __future__ import annotations

import decimal
from datetime import UTC, datetime
from typing import Any, NewType

import orjson
from strawberry.types.scalar import ScalarDefinition, scalar

from graphql_api.errors import BadUserInput

RawJson = NewType("RawJson", str)
"""JSON text, passed through to the response as it is."""

DIGITS_AT_MOST = 200


def print_decimal(value: decimal.Decimal) -> str:
    """Print every digit and no exponent."""
    return format(value, "f")


def print_datetime(value: datetime) -> str:
    """Print ISO 8601 in UTC, with a `Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_decimal(value: object) -> decimal.Decimal:
    """Read a decimal number from a string or an integer; a float has lost digits already, but is what JSON sends."""
    try:
        number = decimal.Decimal(str(value))
    except decimal.InvalidOperation:
        number = decimal.Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or abs(number.adjusted()) > DIGITS_AT_MOST:
        raise BadUserInput(f'{value!r} is not a decimal number: send it as a string, like "1234.5".')
    return number


def parse_datetime(value: object) -> datetime:
    """Read an ISO 8601 time; one without an offset is UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadUserInput(
            f'{value!r} is not a time: send ISO 8601, like "2026-01-31T12:00:00Z" ({error}).'
        ) from error


SCALARS: dict[object, ScalarDefinition] = {
    decimal.Decimal: scalar(
        name="Decimal",
        description="An exact decimal number as a string, every digit and no exponent: "
        '"0.000000001234". Read it with a decimal type, a float loses digits.',
        serialize=print_decimal,
        parse_value=parse_decimal,
    ),
    datetime: scalar(
        name="DateTime",
        description='A moment in ISO 8601, UTC with a `Z`: "2026-01-31T12:00:00Z". '
        "As an argument any offset is understood, none means UTC.",
        specified_by_url="https://datatracker.ietf.org/doc/html/rfc3339",
        serialize=print_datetime,
        parse_value=parse_datetime,
    ),
    RawJson: scalar(
        name="JSON",
        description="JSON as a source sent it; numbers keep every digit.",
        specified_by_url="https://ecma-international.org/publications-and-standards/standards/ecma-404/",
        serialize=orjson.Fragment,
    ),
}


def encode_exactly(value: Any) -> bytes:  # noqa: ANN401 - whatever is JSON
    """Encode as JSON in which a Decimal is a number with every digit of it."""
    return orjson.dumps(value, default=_exact)


def _exact(value: object) -> object:
    if isinstance(value, decimal.Decimal):
        return orjson.Fragment(print_decimal(value))
    raise TypeError(f"{type(value).__name__} has no place in JSON")
