"""What REST answers look like: exact numbers, with their validator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps

import structlog
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.context import Context
from graphql_api.errors import ApiError, masked
from graphql_api.rest.parameters import require_once
from graphql_api.scalars import encode_exactly
from graphql_api.transport.caching import conditional, validator
from graphql_api.transport.media import JSON
from graphql_api.transport.refusals import refusal

log = structlog.get_logger(__name__)

Handler = Callable[[Context], Awaitable[Response]]


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON whose numbers are printed exactly from the Decimal."""
    return Response(encode_exactly(content), status, headers, media_type=JSON)


def answer_with_meta(content: Mapping[str, object], meta: Mapping[str, object]) -> Response:
    """Answer with what this request alone says under `meta`: the same content has the same ETag all the same."""
    encoded = encode_exactly(content)
    # Encoded once: the validator is of the content alone, `meta` is put in before the closing brace.
    body = b'%b,"meta":%b}' % (encoded[:-1], encode_exactly(meta))
    return Response(body, headers={"etag": validator(encoded)}, media_type=JSON)


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
