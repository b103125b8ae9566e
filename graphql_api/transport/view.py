"""GraphQL over HTTP: Strawberry's view with our context, our errors, exact JSON and the whole specification.

https://graphql.github.io/graphql-over-http/draft/: a client that accepts application/graphql-response+json gets it,
with 400 for a document that cannot be executed; application/json keeps its older rule, 200 for every well-formed
request. What is no GraphQL request at all is a 4xx in both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, cast

from cross_web import AsyncHTTPRequestAdapter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData, GraphQLRequestProtocol
from strawberry.http.base import BaseRequestProtocol
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.context import Context
from graphql_api.errors import ApiError, BadUserInput, MethodNotAllowed, NotFound, TooComplex, Unavailable
from graphql_api.graphiql import page as graphiql
from graphql_api.metrics.names import BATCH, OPERATION
from graphql_api.pace import caller
from graphql_api.scalars import encode_exactly
from graphql_api.schema import schema
from graphql_api.settings import ApiSettings
from graphql_api.transport.caching import NEVER, conditional
from graphql_api.transport.media import EVENTS, GRAPHQL_JSON, JSON, answered_in, prefers_html
from graphql_api.transport.operations import Operations, from_body, from_query_string
from graphql_api.transport.persisted import PersistedQueries
from graphql_api.transport.presenting import present
from graphql_api.transport.refusals import refusal
from graphql_api.transport.seats import Seats
from graphql_api.transport.sockets import GREETING, TRY_AGAIN_LATER, Conversation, Socket, handshake
from graphql_api.transport.streams import Stream, subscribes


class View(GraphQL[Context, None]):
    """The endpoint /graphql: answers POST and GET, shows GraphiQL to browsers, and tells subscribers."""

    websocket_adapter_class = Socket
    graphql_transport_ws_handler_class = Conversation

    def __init__(self, settings: ApiSettings, persisted: PersistedQueries) -> None:
        super().__init__(
            schema,
            subscription_protocols=(
                GRAPHQL_TRANSPORT_WS_PROTOCOL,
                GRAPHQL_SSE_PROTOCOL,
                MULTIPART_SUBSCRIPTION_PROTOCOL,
            ),
            connection_init_wait_timeout=GREETING,
            max_subscriptions_per_connection=None,  # the conversation counts, and says how many
            allowed_origins=settings.origins,
        )
        self._settings = settings
        self._seats = Seats(settings)
        self._persisted = persisted

    async def run(self, request: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - passed through
        """Answer; what is no GraphQL request is refused in GraphQL's shape."""
        if isinstance(request, WebSocket):
            return await self._converse(request)
        try:
            response: Response = await super().run(request, *args, **kwargs)
        except ApiError as error:
            response = refusal(request, error)
        response.headers.add_vary_header("Accept")
        return conditional(request, response, self._settings)

    async def _converse(self, websocket: WebSocket) -> None:
        try:
            with self._seats.taken(caller(handshake(websocket), self._settings)):
                await super().run(websocket)
        except Unavailable as error:
            await websocket.accept(await self.pick_websocket_subprotocol(websocket))
            await websocket.close(TRY_AGAIN_LATER, str(error))

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
        """Show the page."""
        return graphiql.show(request)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Make what the request's resolvers may touch."""
        del response
        if isinstance(request, WebSocket):
            return Context(handshake(request), request.app.state.services)
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
        if not isinstance(asked, list):
            asked.protocol = self._protocol(request, asked)
        return asked

    def _protocol(
        self, request: AsyncHTTPRequestAdapter, asked: GraphQLRequestData
    ) -> GraphQLRequestProtocol:
        """Stream a subscription to who can read a stream, and anything to who reads nothing else."""
        transport = self._get_stream_transport_from_headers(request.headers)
        if transport is None:
            return "http"
        wants_events = answered_in(request.headers) == EVENTS
        is_stream = wants_events or subscribes(asked.query or "", asked.operation_name)
        return transport.protocol if is_stream else "http"

    async def execute_operation(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: Operations,
        *args: Any,  # noqa: ANN401 - passed through
        **kwargs: Any,  # noqa: ANN401 - passed through
    ) -> Any:  # noqa: ANN401 - passed through
        """Execute, and give the request's snapshot back whatever happens."""
        if isinstance(request_data, list):
            request.scope["state"][OPERATION] = BATCH
        elif request_data.protocol != "http":
            request.state.context.become_stream()
        try:
            return await super().execute_operation(request, request_adapter, request_data, *args, **kwargs)
        finally:
            await request.state.context.close()

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        """Answer with a stream, where there is a seat for its reader."""
        del sub_response
        assert isinstance(request, Request)  # noqa: S101 - a WebSocket is answered in a conversation
        taken = AsyncExitStack()
        taken.enter_context(self._seats.taken(caller(request, self._settings)))
        taken.push_async_callback(request.state.context.close)
        parts = cast("AsyncGenerator[str, None]", stream())  # to be closed at the end
        return Stream(parts, taken, headers)

    def encode_json(self, data: object) -> str:
        """Encode what goes over a socket or a stream."""
        return encode_exactly(data).decode()

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
                allowed_operation_types=OperationType.from_http(method) - {OperationType.SUBSCRIPTION},
                operation_extensions=request_data.extensions,
            )
        except InvalidOperationTypeError as error:
            if error.operation_type is not OperationType.SUBSCRIPTION:
                raise MethodNotAllowed(
                    f"{error.as_http_error_reason(method)}: send it with POST.", {"allow": "POST"}
                ) from error
            reason = (
                "A subscription has many answers: subscribe over a WebSocket, or accept text/event-stream."
            )
        except CannotGetOperationTypeError as error:
            reason = error.as_http_error_reason()
        except MissingQueryError:
            reason = "The document is empty."
        return ExecutionResult(data=None, errors=[GraphQLError(reason)])

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        """Give every error a code, mask those that nobody meant to show, and leave out data that never began."""
        result.errors = present(result.errors, request.state.context)
        await request.state.context.renew()
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
