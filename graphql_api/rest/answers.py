"""What REST answers look like: exact numbers, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.caching import NEVER, conditional, validator
from graphql_api.context import Context
from graphql_api.errors import ApiError, masked
from graphql_api.media import JSON
from graphql_api.scalars import encode_exactly

log = structlog.get_logger(__name__)

Handler = Callable[[Context], Awaitable[Response]]


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON whose numbers are printed exactly from the Decimal."""
    return Response(encode_exactly(content), status, headers, media_type=JSON)


def answer_with_meta(content: Mapping[str, object], meta: Mapping[str, object]) -> Response:
    """Answer with what this request alone says under `meta`: the same content has the same ETag all the same."""
    return answer({**content, "meta": meta}, headers={"etag": validator(encode_exactly(content))})


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Make a function of a Context an endpoint: it gets one, its errors get a shape, its snapshot is given back."""

    async def handle(request: Request) -> Response:
        context = Context(request, request.app.state.services)
        try:
            return conditional(request, await handler(context), context.settings)
        except ApiError as error:
            return _refusal(request, error.status, error.code, str(error))
        except Exception:  # the rim: what nobody foresaw is logged here and told to nobody
            log.exception("unexpected error")
            return _refusal(request, 500, "INTERNAL", masked(context.request_id))
        finally:
            await context.rows.close()

    return handle


async def refuse(request: Request, error: Exception) -> Response:
    """Answer for what never reached an endpoint: an unknown path, a method that it has not."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    code = "NOT_FOUND" if error.status_code == 404 else "BAD_USER_INPUT"  # noqa: PLR2004 - HTTP's own number
    message = f"{request.method} {request.url.path}: {error.detail}. GET /health and POST /graphql are here."
    return _refusal(request, error.status_code, code, message, error.headers)


def _refusal(
    request: Request, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Response:
    body: dict[str, Any] = {"detail": message, "code": code, "request_id": request.state.request_id}
    return answer(body, status, {**(headers or {}), "cache-control": NEVER})
