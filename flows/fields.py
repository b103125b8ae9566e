"""Reading one field of a record: exact numbers, aware times, and texts of honest length.

Providers write numbers as numbers, strings, empty strings or null, and times in five spellings. Empty is None; what
cannot be read rejects the record with the field's name.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from flows.errors import RecordRejected

GENESIS = datetime(2009, 1, 3, tzinfo=UTC)
"""Before Bitcoin's first block nothing had a price."""

SLIGHTLY_AHEAD = timedelta(minutes=15)
"""By so much clocks differ, and zones never do."""

MILLISECONDS_FROM = 100_000_000_000
"""An epoch number above this is milliseconds: as seconds it would be the year 5138."""

MAX_DIGITS = 60
"""No honest number of coins or dollars needs more; `1e999999` would fill memory when written out."""

LONGEST_NUMBER = 500
"""Characters of a number: a float64 printed to its last digit has fewer."""

LAST_RANK = 2_147_483_647
"""The largest number that a rank's column holds."""

_NUMBER = re.compile(r"\s*[-+.\dEe]+\s*", re.ASCII)
_EPOCH = re.compile(r"\d{9,}(\.\d+)?")
_UNKEEPABLE = re.compile(r"[\x00\ud800-\udfff]")


def decimal_of(value: object, field: str) -> Decimal | None:
    """Read a number, exactly. None, "" and absent are None; anything else that is no finite number rejects the record."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise RecordRejected("not_a_number", f"{field} is {value!r}"[:200])
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise RecordRejected("not_a_number", f"{field} is {value!r}"[:200])
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise RecordRejected("not_a_number", f"{field} is {value!r}"[:200]) from None
    if len(str(value)) > LONGEST_NUMBER or not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise RecordRejected("not_a_number", f"{field} is {str(value)[:80]}: out of any honest range")
    return number


def float_text(value: object, field: str) -> Decimal | None:
    """Read a float64 that was printed with 18 decimals: the shortest decimal that is the same float."""
    number = decimal_of(value, field)
    return number if number is None else Decimal(repr(float(number)))


def positive(number: Decimal | None) -> Decimal | None:
    """Read a number of which providers write 0 where they do not know: supply, market cap."""
    return number if number is not None and number > 0 else None


def rank_of(value: object, field: str) -> int | None:
    """Read a rank: a whole number from 1. None, "" and 0 are "unranked"; anything else rejects the record."""
    number = decimal_of(value, field)
    if not number:
        return None
    if number != number.to_integral_value() or not 0 < number <= LAST_RANK:
        raise RecordRejected("not_a_rank", f"{field} is {str(value)[:80]}: a rank is a whole number from 1")
    return int(number)


def price_of(number: Decimal | None, field: str) -> Decimal:
    """Read a price, which must be there and above zero; rejects the record otherwise."""
    if number is None:
        raise RecordRejected("no_price", f"{field} is empty: the source lists this coin without a price")
    if number <= 0:
        raise RecordRejected("no_price", f"{field} is {number}: a price is above zero")
    return number


def instant_of(value: object, field: str, *, now: datetime) -> datetime | None:
    """Read a time as UTC: ISO 8601 (without a zone: UTC) or epoch seconds or milliseconds. None and "" are None.

    A time a little ahead of `now` is a fast clock's and counts as `now`: kept as told, it would shut out all that
    comes before it. A time before Bitcoin's genesis or more than a day ahead rejects the record.
    """
    if value is None or value == "":
        return None
    try:
        at = _parsed(value)
    except (ValueError, OverflowError, OSError):
        raise RecordRejected("not_a_time", f"{field} is {value!r}"[:200]) from None
    return plausible(at, field, now=now)


def plausible(at: datetime, field: str, *, now: datetime) -> datetime:
    """Return a time that a price can have: one that is `SLIGHTLY_AHEAD` is now, one further ahead is for the guards.

    One before Bitcoin's genesis or more than a day ahead rejects the record.
    """
    if at < GENESIS:
        raise RecordRejected("not_a_time", f"{field} is {at:%Y-%m-%d}: before 2009")
    if at > now + timedelta(days=1):
        raise RecordRejected("future_time", f"{field} is {at.isoformat()}: in the future")
    return now if now < at <= now + SLIGHTLY_AHEAD else at


def moment_of(value: object, field: str, *, now: datetime) -> datetime:
    """Read a time that must be there; rejects the record otherwise."""
    if (at := instant_of(value, field, now=now)) is None:
        raise RecordRejected("not_a_time", f"{field} is empty")
    return at


def _parsed(value: object) -> datetime:
    text = str(value).strip()
    if _EPOCH.fullmatch(text):
        number = float(text)
        return datetime.fromtimestamp(number / 1000 if number >= MILLISECONDS_FROM else number, tz=UTC)
    at = datetime.fromisoformat(text.removesuffix(" UTC"))
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def text_of(value: object, field: str, *, at_most: int = 500) -> str | None:
    """Read a short text without surrounding space; None and "" are None.

    What no column holds (a NUL, half a surrogate pair) and an over-long text reject the record.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise RecordRejected("not_a_text", f"{field} is {value!r}"[:200])
    if _UNKEEPABLE.search(value):
        raise RecordRejected("not_a_text", f"{field} has a NUL or half a surrogate pair")
    if len(value) > at_most:
        raise RecordRejected("not_a_text", f"{field} has more than {at_most} characters")
    return value.strip() or None


def id_of(value: object, field: str = "id") -> str:
    """Read a record's identity, which must be there; rejects the record otherwise."""
    if (text := text_of(value, field)) is None:
        raise RecordRejected("no_id", f"{field} is empty")
    return text
