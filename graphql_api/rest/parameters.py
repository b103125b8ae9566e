"""What REST clients may put after the question mark, in every dialect of the older services."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from starlette.datastructures import QueryParams

from graphql_api.errors import BadUserInput

LIMIT_AT_MOST = 1000
LIMIT_UNLESS_TOLD = 100
PAGE_AT_MOST = 10_000
OFFSET_AT_MOST = 10_000_000
TEXT_AT_MOST = 200
EXPORTED_AT_MOST = 1_000_000
"""About as many rows as a spreadsheet has."""
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as `/openapi.json` describes it; `schema` is JSON Schema."""

    name: str
    description: str
    schema: Mapping[str, Any]
    where: str = "query"


def _number(name: str, description: str, least: int, most: int, unless_told: int | None = None) -> Parameter:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, description, schema if unless_told is None else schema | {"default": unless_told})


TEXT = {"type": "string", "maxLength": TEXT_AT_MOST, "pattern": r"^[^\u0000]*$"}
PAGING = (
    _number("limit", "How many rows.", 1, LIMIT_AT_MOST, LIMIT_UNLESS_TOLD),
    _number("page_size", "Another word for `limit`; counts before it.", 1, LIMIT_AT_MOST),
    _number("page", "Which page, from 1; counts before `offset`.", 1, PAGE_AT_MOST),
    _number("offset", "After how many rows.", 0, OFFSET_AT_MOST),
)
EXPORTED = _number(
    "limit", "How many rows. Unless told, all: more than there may be are refused.", 1, EXPORTED_AT_MOST
)
SOURCE = Parameter("source", "Only of this source, by its name here or an older one.", TEXT)
SYMBOL = Parameter("symbol", "Only with this ticker, in any case.", TEXT)
ASSET_NAME = Parameter("asset_name", "Only with this anywhere in the name, in any case.", TEXT)
CURRENCY = Parameter(
    "vs_currency", "The currency of `value`, like `eur`: by its rate of that time. Unless told, `usd`.", TEXT
)
_DAY = {"anyOf": [{"type": "string", "format": "date"}, {"const": ""}]}
DAYS = (
    Parameter("start_date", "From this day on, UTC; reads history.", _DAY),
    Parameter("end_date", "Up to this day and with it, UTC; reads history.", _DAY),
)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which rows of a list: `limit` of them after the first `offset`."""

    limit: int
    offset: int

    @property
    def page(self) -> int:
        """The number of the page that starts here, or that this start lies in; the first is 1."""
        return self.offset // self.limit + 1

    def describe(self, total: int) -> dict[str, int]:
        """Tell where this page stands among all, in every dialect."""
        return {
            "page": self.page,
            "page_size": self.limit,
            "limit": self.limit,
            "offset": self.offset,
            "total": total,
            "total_pages": -(-total // self.limit),
        }


def paging(parameters: QueryParams) -> Paging:
    """Read limit+offset, page+page_size or page+limit. Raises `BadUserInput` that says the bounds."""
    limit = whole_number(parameters, "limit", 1, LIMIT_AT_MOST, LIMIT_UNLESS_TOLD)
    limit = whole_number(parameters, "page_size", 1, LIMIT_AT_MOST, limit)
    offset = whole_number(parameters, "offset", 0, OFFSET_AT_MOST, 0)
    if "page" in parameters:
        offset = (whole_number(parameters, "page", 1, PAGE_AT_MOST, 1) - 1) * limit
    return Paging(limit, offset)


def whole_number(parameters: QueryParams, name: str, least: int, most: int, unless_told: int) -> int:
    """Read a whole number within bounds."""
    given = parameters.get(name)
    if given is None:
        return unless_told
    is_number = given.isascii() and given.isdecimal() and len(given) <= len(str(most))
    if not is_number or not least <= int(given) <= most:
        raise BadUserInput(f"`{name}` must be a whole number from {least} to {most}, got {given[:40]!r}.")
    return int(given)


def text(parameters: QueryParams, name: str) -> str | None:
    """Read a text; an empty one asks nothing."""
    given = parameters.get(name) or None
    if given is not None and (len(given) > TEXT_AT_MOST or "\0" in given):
        raise BadUserInput(f"`{name}` must be at most {TEXT_AT_MOST} characters, and none of them NUL.")
    return given


def days(parameters: QueryParams) -> tuple[datetime | None, datetime | None]:
    """Read `start_date` and `end_date`, both inclusive days in UTC, as the moments from and before which rows lie."""
    return _moment(parameters, "start_date"), _moment(parameters, "end_date", is_end=True)


def require_once(parameters: QueryParams) -> None:
    """Raise `BadUserInput` for a parameter that is given twice: nobody knows which one is meant."""
    given = [name for name, _ in parameters.multi_items()]
    for name in parameters:
        if given.count(name) > 1:
            raise BadUserInput(f"`{name[:40]}` is given {given.count(name)} times: give it once.")


def _moment(parameters: QueryParams, name: str, *, is_end: bool = False) -> datetime | None:
    given = text(parameters, name)
    if given is None:
        return None
    try:
        if not DAY.fullmatch(given):
            raise ValueError("four digits, two and two")  # noqa: TRY301 - told like any other day that is none
        day = date.fromisoformat(given)
    except ValueError as error:
        raise BadUserInput(
            f"`{name}` must be a day like 2026-01-31, got {given[:40]!r} ({error})."
        ) from error
    if is_end and day == date.max:
        return None  # nothing lies after the last day there is
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=is_end)
