"""GET /data.csv: everything that `/data` has pages of, as one file, written while it is read.

All of it is of one snapshot, so of one dataset version. A reader is sent no more than it takes, and the database is
asked for no more than was sent: any number of rows takes the memory of `ROWS_IN_A_PART`.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing

from starlette.responses import Response

from graphql_api.context import Context
from graphql_api.errors import BadUserInput, Unavailable
from graphql_api.planner.rows import Row, Rows
from graphql_api.rest.answers import endpoint
from graphql_api.rest.csv_cells import COLUMNS, header, lines
from graphql_api.rest.data import observations_wanted
from graphql_api.rest.parameters import EXPORTED_AT_MOST, whole_number
from graphql_api.rest.shapes import observation
from graphql_api.transport.caching import NEVER, conditional
from graphql_api.transport.media import CSV
from graphql_api.transport.streams import Stream
from models.queries.observations import ObservationFilter, counted, observations, state
from models.queries.paging import offset_page, total

ROWS_IN_A_PART = 500
TURN_SECONDS = 10
"""How long a reader waits for one of those before it to be done."""
SECONDS_AT_MOST = 300
"""How long one file may take: its snapshot keeps the database from tidying up."""


@endpoint
async def data_csv(context: Context) -> Response:
    """Answer what sources say, now or between two days, as CSV."""
    wanted = await observations_wanted(context)
    asked = context.request.query_params
    async with AsyncExitStack() as stack:
        rows = Rows(context.services.sessions, context.services.exports)
        stack.push_async_callback(rows.close)
        head = _head(context, wanted, await _state(rows))
        answered = conditional(context.request, head, context.settings)
        if answered is not head or context.request.method == "HEAD":
            return answered
        if "limit" not in asked:
            await _require_room(rows, wanted)
        limit = whole_number(asked, "limit", 1, EXPORTED_AT_MOST, EXPORTED_AT_MOST)
        parts = _parts(rows, wanted, limit)
        first = await anext(parts)  # what the database refuses, it refuses here, before an answer has begun
        return Stream(_joined(first, parts), stack.pop_all(), head.headers)


async def _state(rows: Rows) -> Row:
    """Read what the file will say, once it is this reader's turn."""
    try:
        async with asyncio.timeout(TURN_SECONDS):
            return (await rows.all(state()))[0]
    except TimeoutError as error:
        raise Unavailable(
            "Others are reading whole files already. Try again in a moment.",
            {"retry-after": str(TURN_SECONDS)},
        ) from error


def _head(context: Context, wanted: ObservationFilter, found: Row) -> Response:
    """Answer with nothing but headers. Points and rates come between publications too: with them there is no ETag."""
    headers = {
        "content-disposition": 'attachment; filename="data.csv"',
        "x-dataset-version": str(found.version),
    }
    if wanted.is_of_history or wanted.code is not None:
        headers["cache-control"] = NEVER
    else:
        parts = (
            found.version,
            found.listings_changed_at,
            wanted,
            context.request.query_params.get("limit"),
            COLUMNS,
        )
        headers["etag"] = f'W/"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'
    head = Response(headers=headers, media_type=CSV)
    del head.headers["content-length"]
    return head


async def _require_room(rows: Rows, wanted: ObservationFilter) -> None:
    """Refuse what would have to be cut off without a word."""
    some = offset_page(counted(wanted), limit=EXPORTED_AT_MOST + 1, offset=0)
    if await rows.count(total(some)) > EXPORTED_AT_MOST:
        raise BadUserInput(
            f"That is more than {EXPORTED_AT_MOST:,} rows. Ask for fewer days or one `source`, or say `limit`."
        )


async def _parts(rows: Rows, wanted: ObservationFilter, limit: int) -> AsyncGenerator[str, None]:
    """Write the file in parts, the first with the header. Raises TimeoutError for a reader who takes too long."""
    ends_at = time.monotonic() + SECONDS_AT_MOST
    begins = header()
    async with aclosing(rows.stream(observations(wanted, limit=limit), ROWS_IN_A_PART)) as found:
        async for some in found:
            yield begins + lines(observation(row) for row in some)
            begins = ""
            if time.monotonic() > ends_at:
                raise TimeoutError
    if begins:
        yield begins


async def _joined(first: str, parts: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    async with aclosing(parts):
        yield first
        async for part in parts:
            yield part
