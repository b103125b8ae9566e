"""GraphQL over HTTP: Strawberry's view with our context, our errors, exact JSON and the whole specification.

https://graphql.github.io/graphql-over-http/draft/: a client that accepts application/graphql-response+json gets it,
with 400 for a document that cannot be executed; application/json keeps its older rule, 200 for every well-formed
request. What is no GraphQL request at all is a 4xx in both.
"""

from __future__ import annotations

from typing import Any

import structlog
from cross_web import AsyncHTTPRequestAdapter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.caching import NEVER, conditional
from graphql_api.context import Context
from graphql_api.errors import ApiError, BadUserInput, MethodNotAllowed, NotFound, TooComplex, masked
from graphql_api.headers import page_policy
from graphql_api.media import GRAPHQL_JSON, JSON, answered_in, prefers_html
from graphql_api.operations import Operations, from_body, from_query_string
from graphql_api.persisted import PersistedQueries
from graphql_api.rest.answers import refusal
from graphql_api.scalars import encode_exactly
from graphql_api.schema import schema
from graphql_api.settings import ApiSettings

LONGEST_MESSAGE = 1000

log = structlog.get_logger(__name__)


class View(GraphQL[Context, None]):
    """The endpoint /graphql: answers POST and GET, and shows GraphiQL to browsers."""

    def __init__(self, settings: ApiSettings) -> None:
        super().__init__(schema)
        self._settings = settings
        self._persisted = PersistedQueries(settings.persisted_queries)

    async def run(self, request: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed through
        """Answer; what is no GraphQL request is refused in GraphQL's shape."""
        if isinstance(request, WebSocket):
            return await super().run(request, *args, **kwargs)
        try:
            response: Response = await super().run(request, *args, **kwargs)
        except ApiError as error:
            response = refusal(request, error)
        response.headers.add_vary_header("Accept")
        return conditional(request, response, self._settings)

    def is_request_allowed(self, request: BaseRequestProtocol) -> bool:
        """Refuse what is neither GET nor POST."""
        if request.method not in {"GET", "POST"}:
            raise MethodNotAllowed(
                "GraphQL is asked with POST, or with GET and `query`.", {"allow": "GET, POST"}
            )
        return True

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Show the page to whoever prefers HTML, also with a query to begin with."""
        asks = request.method == "GET" and prefers_html(request.headers)
        if asks and not self._settings.shows_docs:
            raise NotFound(
                "This page is off here: DOCS_ENABLED=true turns it on. Queries are answered as JSON."
            )
        return asks

    async def render_graphql_ide(self, request: Request) -> Response:
        """Show the page, allowed to do just what it does."""
        page = await super().render_graphql_ide(request)
        page.headers["content-security-policy"] = page_policy(self.graphql_ide_html)
        return page

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Make what the request's resolvers may touch."""
        del response
        assert isinstance(request, Request)  # noqa: S101 - no subscriptions, so no WebSocket
        context = Context(request, request.app.state.services)
        request.state.context = context
        return context

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> Operations:
        """Read what is asked, and put the documents in that it only names by hash."""
        if request.method == "GET":
            asked: Operations = from_query_string(request.query_params)
        else:
            asked = from_body(
                request.content_type or "", bytes(await request.get_body()), self._settings.batch_limit
            )
        for each in asked if isinstance(asked, list) else [asked]:
            each.query = self._persisted.resolve(each.query, each.extensions)
            if not each.query:
                raise BadUserInput("There is no `query` to answer.")
        return asked

    async def execute_operation(self, request: Request, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed through
        """Execute, and give the request's snapshot back whatever happens."""
        try:
            return await super().execute_operation(request, *args, **kwargs)
        finally:
            await request.state.context.close()

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Execute one operation; of a batch none disturbs the others."""
        del request, sub_response, root_value
        method = request_adapter.method
        try:
            return await self.schema.execute(
                request_data.query,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=OperationType.from_http(method),
                operation_extensions=request_data.extensions,
            )
        except InvalidOperationTypeError as error:
            if method == "GET":
                raise MethodNotAllowed(
                    f"{error.as_http_error_reason(method)}: send it with POST.", {"allow": "POST"}
                ) from error
            reason = f"{error.as_http_error_reason(method)}: subscribe over a WebSocket."
        except CannotGetOperationTypeError as error:
            reason = error.as_http_error_reason()
        except MissingQueryError:
            reason = "The document is empty."
        return ExecutionResult(data=None, errors=[GraphQLError(reason)])

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """Give every error a code, mask those that nobody meant to show, and leave out data that never began."""
        if result.errors:
            request_id = request.state.request_id
            result.errors = [_presentable(error, request_id) for error in result.errors]
        body = await super().process_result(request, result)
        if result.data is None and result.errors and all(error.path is None for error in result.errors):
            body.pop("data", None)
        return body

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Settle in which of the two media types this request is answered."""
        response = await super().get_sub_response(request)
        if answered_in(request.headers) == GRAPHQL_JSON:
            response.headers["content-type"] = GRAPHQL_JSON
        return response

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        """Answer in the media type that was asked for, with its status."""
        is_batch = isinstance(response_data, list)
        answers = response_data if isinstance(response_data, list) else [response_data]
        is_modern = not is_batch and sub_response.headers.get("content-type") == GRAPHQL_JSON
        status = 200 if is_batch else _status(answers[0], is_modern=is_modern)
        has_errors = any("errors" in each for each in answers)
        return Response(
            encode_exactly(response_data),
            status,
            headers={"cache-control": NEVER} if has_errors else None,
            media_type=f"{GRAPHQL_JSON if is_modern else JSON}; charset=utf-8",
        )


def _status(answer: GraphQLHTTPResponse, *, is_modern: bool) -> int:
    if "data" in answer:
        return 200
    errors: list[Any] = answer.get("errors") or []
    is_refused = any(error["extensions"]["code"] == TooComplex.code for error in errors)
    return 400 if is_modern or is_refused else 200


def _presentable(error: GraphQLError, request_id: str) -> GraphQLError:
    cause = _root(error)
    match cause:
        case ApiError():
            code, message = cause.code, error.message
        case GraphQLError():
            code, message = BadUserInput.code, _shortened(error.message)
        case _ if error.nodes and error.path is None:  # what a value in the document made a scalar raise
            code, message = BadUserInput.code, _shortened(error.message)
        case _:
            log.error("unexpected error", graphql_path=error.path, exc_info=cause)
            code, message = "INTERNAL", masked(request_id)
    extensions = {**(error.extensions or {}), "code": code}
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, extensions=extensions
    )


def _shortened(message: str) -> str:
    """Quote no megabytes back at who sent them."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"


def _root(error: GraphQLError) -> Exception:
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause
