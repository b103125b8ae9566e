"""Pages: what a client may ask for, and the Relay shapes it gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Generic, ParamSpec, TypeVar, cast

import strawberry

from graphql_api.context import Context, Info
from graphql_api.cursors import decode_cursor, encode_cursor
from graphql_api.errors import BadUserInput
from graphql_api.fields import resolver
from graphql_api.planner.readings import Call, Page
from graphql_api.planner.rows import Row, Statement
from models.queries.paging import Order, Rows, Size, Window, total

SIZE_AT_MOST = 250

First = Annotated[int, strawberry.argument(description=f"How many, 1 to {SIZE_AT_MOST}.")]
FirstOfPage = Annotated[
    int | None,
    strawberry.argument(
        description=f"How many from the start, or after `after`: 1 to {SIZE_AT_MOST}, 100 unless told."
    ),
]
After = Annotated[
    str | None, strawberry.argument(description="Continue after this cursor, as `endCursor` gave it.")
]
LastOfPage = Annotated[
    int | None,
    strawberry.argument(description=f"How many from the end, or before `before`: 1 to {SIZE_AT_MOST}."),
]
Before = Annotated[
    str | None, strawberry.argument(description="Go back from this cursor, as `startCursor` gave it.")
]

Node = TypeVar("Node")
Arguments = ParamSpec("Arguments")


@strawberry.type(description="Where a page stands in the whole list.")
class PageInfo:
    """Where a page stands in the whole list."""

    has_next_page: bool = strawberry.field(description="Whether there is more after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there is more before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row: pass it as `before`.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row: pass it as `after`.")


@strawberry.type(description="A row of a page, with its cursor.")
class Edge(Generic[Node]):
    """A row of a page, with its cursor."""

    cursor: str = strawberry.field(description="The row's place in this order. Opaque.")
    node: Node = strawberry.field(description="The row itself.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Node]):
    """A page of a list."""

    edges: list[Edge[Node]] = strawberry.field(description="The rows with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in the whole list.")
    everything: strawberry.Private[Statement]

    @resolver("The rows without their cursors.")
    def nodes(self) -> list[Node]:
        """Return the rows without their cursors."""
        return [edge.node for edge in self.edges]

    @resolver("How many there are on all pages. Counted only when asked for.")
    async def total_count(self, info: Info) -> int:
        """Count what is on all pages."""
        return await info.context.rows.count(total(self.everything))


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The four paging arguments as they came."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None


def size(name: str, count: int, at_most: int = SIZE_AT_MOST) -> Size:
    """Check how many are asked for. Raises `BadUserInput` that says the limit."""
    if not 1 <= count <= at_most:
        raise BadUserInput(
            f"`{name}` must be 1 to {at_most}, got {count}. Ask for the rest in further requests."
        )
    return Size(count)


def require_few(name: str, given: Sequence[object]) -> None:
    """Raise `BadUserInput` where a list is longer than fits a page."""
    if len(given) > SIZE_AT_MOST:
        raise BadUserInput(f"`{name}` takes {SIZE_AT_MOST} at most, got {len(given)}: ask in several turns.")


def connection(
    of: type[Node],
    wanted: PageRequest,
    order: Order,
    query: Callable[Arguments, Rows],
    *args: Arguments.args,
    **kwargs: Arguments.kwargs,
) -> Connection[Node]:
    """Stand for a page of a query's rows. Raises `BadUserInput` for a page that cannot be had."""
    del of
    return cast("Connection[Node]", Page(Call(query, args, kwargs), order, _window(wanted, order)))


def cut_by(cut: Callable[..., Rows], reading: Connection[Node]) -> Connection[Node]:
    """Stand for the same page, selected by `cut(…, window=…)` where a plain cut reads too much."""
    return cast("Connection[Node]", replace(cast("Page", reading), cut=cut))


async def connect(context: Context, wanted: Page) -> Connection[Any]:
    """Read a page in one statement and give it its Relay shape."""
    order, window = wanted.order, wanted.window
    found: list[Row] = list(await context.rows.all(wanted.rows()))
    more, found = len(found) > window.size, found[: window.size]
    if window.backward:
        found.reverse()
    came_from = window.place is not None
    edges: list[Edge[Any]] = [Edge(cursor=encode_cursor(row, order), node=row) for row in found]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=came_from if window.backward else more,
            has_previous_page=more if window.backward else came_from,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        everything=wanted.call.rows(),
    )


def _window(wanted: PageRequest, order: Order) -> Window:
    backward = wanted.last is not None or wanted.before is not None
    if backward and (wanted.first is not None or wanted.after is not None):
        raise BadUserInput(
            "Use `first` with `after` to go forward, or `last` with `before` to go back, not both."
        )
    name, count = ("last", wanted.last) if backward else ("first", wanted.first)
    cursor = wanted.before if backward else wanted.after
    place = None if cursor is None else decode_cursor(cursor, order)
    return Window(size(name, 100 if count is None else count), place, backward)
