"""What REST answers look like: exact numbers, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from http import HTTPStatus
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.caching import NEVER, conditional, validator
from graphql_api.context import Context
from graphql_api.errors import ApiError, BadUserInput, NotFound, masked
from graphql_api.media import GRAPHQL_JSON, JSON, answered_in
from graphql_api.rest.parameters import require_once
from graphql_api.scalars import encode_exactly

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


async def refuse(request: Request, error: Exception) -> Response:
    """Answer for what never reached an endpoint: an unknown path, a method that it has not."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    is_unknown = error.status_code == HTTPStatus.NOT_FOUND
    said = f"{request.method} {request.url.path}: {error.detail}. GET /health and POST /graphql are here."
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        said = f"The body is larger than the {request.app.state.services.settings.body_limit_bytes} bytes allowed."
    refused = (NotFound if is_unknown else BadUserInput)(said, error.headers)
    return refusal(request, refused, error.status_code)


def refusal(request: Request, error: ApiError, status: int | None = None) -> Response:
    """Answer what is wrong, to GraphQL's clients in GraphQL's shape."""
    request_id = request.state.request_id
    if request.url.path == "/graphql":
        body: dict[str, Any] = {"errors": [{"message": str(error), "extensions": {"code": error.code}}]}
        media_type = (
            f"{GRAPHQL_JSON if answered_in(request.headers) == GRAPHQL_JSON else JSON}; charset=utf-8"
        )
    else:
        body = {"detail": str(error), "code": error.code, "request_id": request_id}
        media_type = JSON
    headers = {**error.headers, "cache-control": NEVER}
    return Response(encode_exactly(body), status or error.status, headers, media_type)
