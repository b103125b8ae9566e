"""What REST clients may put after the question mark, in every dialect of the older services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from starlette.datastructures import QueryParams

from graphql_api.errors import BadUserInput

LIMIT_AT_MOST = 1000
LIMIT_UNLESS_TOLD = 100
OFFSET_AT_MOST = 10_000_000


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
    size_name = "page_size" if "page_size" in parameters else "limit"
    if "page_size" in parameters and "limit" in parameters:
        raise BadUserInput("Use `limit` or `page_size`, not both: they mean the same.")
    if "page" in parameters and "offset" in parameters:
        raise BadUserInput("Use `page` or `offset`, not both: each says where to begin.")
    limit = whole_number(parameters, size_name, 1, LIMIT_AT_MOST, LIMIT_UNLESS_TOLD)
    page = whole_number(parameters, "page", 1, OFFSET_AT_MOST // limit, 1)
    return Paging(limit, whole_number(parameters, "offset", 0, OFFSET_AT_MOST, (page - 1) * limit))


def whole_number(parameters: QueryParams, name: str, least: int, most: int, unless_told: int) -> int:
    """Read a whole number within bounds."""
    text = parameters.get(name)
    if text is None:
        return unless_told
    try:
        number = int(text) if len(text) < len(str(most)) + 3 else most + 1
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise BadUserInput(f"`{name}` must be a whole number from {least} to {most}, got {text[:40]!r}.")
    return number


def text(parameters: QueryParams, name: str) -> str | None:
    """Read a text; an empty one asks nothing."""
    return parameters.get(name) or None


def days(parameters: QueryParams) -> tuple[datetime | None, datetime | None]:
    """Read `start_date` and `end_date`, both inclusive days in UTC, as the moments from and before which rows lie."""
    start, end = _moment(parameters, "start_date"), _moment(parameters, "end_date", is_end=True)
    if start is not None and end is not None and start >= end:
        raise BadUserInput("`start_date` lies after `end_date`: nothing can be between.")
    return start, end


def _moment(parameters: QueryParams, name: str, *, is_end: bool = False) -> datetime | None:
    given = text(parameters, name)
    if given is None:
        return None
    try:
        day = date.fromisoformat(given)
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        return moment + timedelta(days=1) if is_end else moment
    except (ValueError, OverflowError) as error:
        raise BadUserInput(
            f"`{name}` must be a day like 2026-01-31, got {given[:40]!r} ({error})."
        ) from error
