"""What REST answers look like: exact numbers, with their validator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps

import structlog
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.cache import Answer, Key
from graphql_api.context import Context
from graphql_api.errors import ApiError, DatabaseAway, masked
from graphql_api.rest.parameters import require_once
from graphql_api.scalars import encode_exactly
from graphql_api.transport.caching import conditional, stand_in_headers, validator
from graphql_api.transport.media import JSON
from graphql_api.transport.refusals import refusal

log = structlog.get_logger(__name__)

Handler = Callable[[Context], Awaitable[Response]]


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON whose numbers are printed exactly from the Decimal."""
    return Response(encode_exactly(content), status, headers, media_type=JSON)


def answer_with_meta(content: Answer, meta: Mapping[str, object]) -> Response:
    """Answer with what this request alone says under `meta`: the same content has the same ETag all the same."""
    stale = content.stale_seconds
    if stale is not None:
        meta = {**meta, "stale_seconds": stale}
    # The validator is of the content alone, which may have been kept; `meta` is put in before the closing brace.
    body = b'%b,"meta":%b}' % (content.body[:-1], encode_exactly(meta))
    if stale is not None:
        return Response(body, headers=stand_in_headers(stale), media_type=JSON)
    content.etag = content.etag or validator(content.body)
    return Response(body, headers={"etag": content.etag}, media_type=JSON)


async def kept(
    context: Context, key: Key, read: Callable[[Context], Awaitable[Mapping[str, object]]]
) -> Answer:
    """Return what is kept under this key, or read it and keep it. Only for what publications change.

    While the database is away the last answer stands in, if there is one.
    """

    async def make() -> bytes:
        # A context of its own: who asked first may leave while others still wait for the answer.
        reading = Context(context.request, context.services)
        try:
            return encode_exactly(await read(reading))
        finally:
            await reading.close()

    cache = context.services.cache
    try:
        return cache.find(key) or await cache.answer(key, make)
    except DatabaseAway:
        if (before := cache.stand_in(key)) is None:
            raise
        return before


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Make a function of a Context an endpoint: it gets one, its errors get a shape, its snapshot is given back."""

    @wraps(handler)
    async def handle(request: Request) -> Response:
        context = Context(request, request.app.state.services)
        try:
            require_once(request.query_params)
            return conditional(request, await handler(context), context.settings)
        except ApiError as error:
            return refusal(request, error)
        except Exception:  # the rim: what nobody foresaw is logged here and told to nobody
            log.exception("unexpected error")
            return refusal(request, ApiError(masked(context.request_id)))
        finally:
            await context.close()

    return handle
