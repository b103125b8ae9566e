"""How a request is refused: with a code and what to do, in the shape that its path speaks."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.errors import ApiError, BadUserInput, NotFound
from graphql_api.scalars import encode_exactly
from graphql_api.transport.caching import NEVER
from graphql_api.transport.media import GRAPHQL_JSON, JSON, answered_in


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
