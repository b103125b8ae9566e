"""GraphQL over HTTP: Strawberry's view with our context, our errors and exact JSON."""

from __future__ import annotations

from typing import Any

import orjson
import structlog
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult

from graphql_api.context import Context
from graphql_api.errors import ApiError, BadUserInput, masked
from graphql_api.scalars import encode_exactly
from graphql_api.schema import schema

log = structlog.get_logger(__name__)


class View(GraphQL[Context, None]):
    """The endpoint /graphql: answers POST and GET, and shows GraphiQL to browsers."""

    def __init__(self) -> None:
        super().__init__(schema)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Make what the request's resolvers may touch."""
        del response
        assert isinstance(request, Request)  # noqa: S101 - no subscriptions, so no WebSocket
        context = Context(request, request.app.state.services)
        request.state.context = context
        return context

    async def execute_operation(self, request: Request, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed through
        """Execute, and give the request's snapshot back whatever happens."""
        try:
            return await super().execute_operation(request, *args, **kwargs)
        finally:
            await request.state.context.rows.close()

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """Give every error a code, and mask those that nobody meant to show."""
        if result.errors:
            request_id = request.state.request_id
            result.errors = [_presentable(error, request_id) for error in result.errors]
        return await super().process_result(request, result)

    def decode_json(self, data: str | bytes) -> object:
        """Decode a request; what is no JSON, or no UTF-8, is the same kind of error."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> bytes:
        """Encode an answer; JSON that a source sent goes through untouched."""
        return encode_exactly(data)


def _presentable(error: GraphQLError, request_id: str) -> GraphQLError:
    cause = _root(error)
    match cause:
        case ApiError():
            code, message = cause.code, error.message
        case GraphQLError():
            code, message = BadUserInput.code, error.message
        case _:
            log.error("unexpected error", graphql_path=error.path, exc_info=cause)
            code, message = "INTERNAL", masked(request_id)
    extensions = {**(error.extensions or {}), "code": code}
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, extensions=extensions
    )


def _root(error: GraphQLError) -> Exception:
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause
