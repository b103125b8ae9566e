"""Reading one cell of a file that people or spreadsheets wrote: numbers with separators, times in many forms.

Nothing is guessed. What can be read in two ways rejects the row and says which setting of `sources.toml` decides.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

from flows.errors import RecordRejected
from flows.fields import decimal_of, instant_of, plausible, text_of

_EXPONENT = r"([eE][-+]?\d+)?"
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)" + _EXPONENT, re.ASCII)
_EITHER = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_GROUPED = {
    ".": re.compile(r"[-+]?([1-9]\d{0,2}(?:([ ,'])\d{3}(?:\2\d{3})*)|\d+)?(\.\d+)?" + _EXPONENT, re.ASCII),
    ",": re.compile(r"[-+]?([1-9]\d{0,2}(?:([ .'])\d{3}(?:\2\d{3})*)|\d+)?(,\d+)?" + _EXPONENT, re.ASCII),
}
"""Numbers by their decimal mark: groups of three digits with one and the same separator between them."""

_UNGROUPED = {".": str.maketrans("", "", " ,'"), ",": str.maketrans(",", ".", " .'")}
_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"})
_FORMULA = ("=", "+", "-", "@")

_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = {spelt: number for number, name in enumerate(_MONTHS, 1) for spelt in (name, name[:3])}
_CLOCK = r"(?:,?[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?(?: ?(?:UTC|GMT|Z))?"
_NAMED = re.compile(r"(?:[A-Za-z]{3}, )?(\d{1,2})[ -]([A-Za-z]{3,9})[ -](\d{4})" + _CLOCK, re.ASCII)
_NAME_FIRST = re.compile(r"([A-Za-z]{3,9}) (\d{1,2}),? (\d{4})" + _CLOCK, re.ASCII)
_NUMBERED = re.compile(r"(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})" + _CLOCK, re.ASCII)


def number_of(cell: str, field: str, *, separator: str, point: str | None) -> Decimal | None:
    """Read a number; an empty cell is None. `point` is the decimal mark, where somebody said which.

    In a file that is separated by commas a lone point is the decimal one: that is why its commas are free.
    """
    cell = cell.strip()
    if not cell:
        return None
    if point != "," and _PLAIN.fullmatch(cell) and (point or separator == "," or not _EITHER.fullmatch(cell)):
        return decimal_of(cell, field)
    return _grouped(cell.translate(_SPACES), field, (point,) if point else (".", ","))


def _grouped(cell: str, field: str, points: tuple[str, ...]) -> Decimal:
    """Read a number with separators by every decimal mark that there may be: one reading must be left."""
    fitting = [point for point in points if _GROUPED[point].fullmatch(cell)]
    read = (decimal_of(cell.translate(_UNGROUPED[point]), field) for point in fitting)
    readings = {number for number in read if number is not None}
    if not readings:
        reason = "formula" if len(cell) > 1 and cell.startswith(_FORMULA) else "not_a_number"
        raise RecordRejected(reason, f"{field} is {cell!r}"[:200])
    if len(readings) > 1:
        told = f'{field} is {cell!r}: a thousand times more or less; decimal = "." or "," in sources.toml decides'
        raise RecordRejected("ambiguous_number", told)
    return readings.pop()


def words_of(cell: str, field: str) -> str | None:
    """Read a short text; an empty cell is None. What a spreadsheet would run as a formula rejects the row."""
    text = text_of(cell, field)
    if text is not None and len(text) > 1 and text.startswith(_FORMULA):
        raise RecordRejected("formula", f"{field} is {text!r}: a spreadsheet's formula, no text"[:200])
    return text


def moment_of(cell: str, field: str, *, now: datetime, form: str | None) -> datetime | None:
    """Read a time as UTC; an empty cell is None. `form` is a strptime form that is tried first.

    Understood without it: ISO 8601, epoch seconds and milliseconds, `28 Apr 2013`, `April 28, 2013`, `2013/04/28`,
    each with or without a time of day; and `28/04/2013`, where only one of the two can be the month.
    """
    cell = cell.strip()
    if form is not None and (at := _in_form(cell, form)):
        return plausible(at, field, now=now)
    try:
        return instant_of(cell, field, now=now)
    except RecordRejected as error:
        if error.reason != "not_a_time" or (at := _spelt_out(cell, field)) is None:
            raise
    return plausible(at, field, now=now)


def _in_form(cell: str, form: str) -> datetime | None:
    try:
        at = datetime.strptime(cell, form)  # noqa: DTZ007 - without a zone in its form it is UTC
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _spelt_out(cell: str, field: str) -> datetime | None:
    """Read a date with its month's name, or with slashes or points."""
    if found := _NAMED.fullmatch(cell):
        day, month, year, *clock = found.groups()
        return _moment(int(year), _MONTH.get(month.lower(), 0), int(day), clock)
    if found := _NAME_FIRST.fullmatch(cell):
        month, day, year, *clock = found.groups()
        return _moment(int(year), _MONTH.get(month.lower(), 0), int(day), clock)
    if found := _NUMBERED.fullmatch(cell):
        first, _, second, third, *clock = found.groups()
        if len(first) == 4:  # noqa: PLR2004 - the digits of a year
            return _moment(int(first), int(second), int(third), clock)
        return _moment(*_ordered(cell, field, first, second, third), clock)
    return None


def _ordered(cell: str, field: str, first: str, second: str, year: str) -> tuple[int, int, int]:
    """Tell day and month apart where the year comes last: (year, month, day)."""
    one, other = int(first), int(second)
    if len(year) != 4 or (one != other and max(one, other) <= 12):  # noqa: PLR2004 - a year's digits, a year's months
        told = f'{field} is {cell!r}: its order is not certain; dates = "%d/%m/%Y" or the like in sources.toml decides'
        raise RecordRejected("ambiguous_date", told)
    return (int(year), other, one) if one > other else (int(year), one, other)


def _moment(year: int, month: int, day: int, clock: list[str | None]) -> datetime | None:
    hour, minute, second = (int(part or 0) for part in clock)
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
