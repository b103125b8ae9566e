"""GraphQL over a WebSocket, as graphql-transport-ws has it: Strawberry's conversation with our keys, limits and errors.

A socket lives longer than a request, so each operation on it is made a request of its own: with its own id, clock and
snapshot, and the key that the connection began with. Mutations are sent with POST.
"""

from __future__ import annotations

import uuid
from contextlib import aclosing, suppress
from datetime import timedelta
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from graphql_api.context import Context
from graphql_api.errors import ApiError, RateLimited
from graphql_api.listening import TooSlow
from graphql_api.security import HEADER, require_reader
from graphql_api.transport.presenting import cause_of, formatted, present

GREETING = timedelta(seconds=10)
"""How long a client may take to say connection_init."""
TRY_AGAIN_LATER = 1013
INVALID_MESSAGE = 4400
FORBIDDEN = 4403
REASON_BYTES = 123
"""What fits a close frame."""
ALLOWED = (OperationType.QUERY, OperationType.SUBSCRIPTION)
PARTS = {"query": str, "operationName": str | None, "variables": dict | None, "extensions": dict | None}


class Socket(ASGIWebSocketAdapter):
    """A WebSocket to which nothing is said after its end, and whose reasons fit a close frame."""

    ws: WebSocket

    async def send_json(self, message: Any) -> None:  # noqa: ANN401 - any message
        """Send a message. Raises `WebSocketDisconnected` when nobody is there to read it."""
        if self.ws.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        await super().send_json(message)

    async def close(self, code: int, reason: str) -> None:
        """End the conversation; nothing happens when it is over."""
        if self.ws.application_state is WebSocketState.CONNECTED:
            with suppress(WebSocketDisconnect):
                await super().close(code, reason.encode()[:REASON_BYTES].decode(errors="ignore"))


class Conversation(BaseGraphQLTransportWSHandler[Context, None]):
    """One client's conversation, from its greeting to the close frame."""

    async def handle_message(self, message: Message) -> None:
        """Answer a message, or end the conversation with one who does not keep to the protocol."""
        if _is_message(message):
            await super().handle_message(message)
        else:
            await self.websocket.close(INVALID_MESSAGE, "This is no message of graphql-transport-ws.")

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Let in who may read. The key is in the payload, as header and value, or in the handshake's own header."""
        request = self.context.request
        key = Headers({k: v for k, v in (message.get("payload") or {}).items() if isinstance(v, str)}).get(
            HEADER
        )
        if key is not None and not self.connection_acknowledged:
            request = _with_header(request, HEADER, key)
        try:
            await self.context.services.pace.keep(request)
            require_reader(request, self.context.settings)
        except ApiError as error:
            await self.websocket.close(FORBIDDEN, str(error))
            return
        self.context.request = request
        await super().handle_connection_init({"type": "connection_init"})

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, unless there are as many as one connection may have."""
        most = self.context.settings.subscriptions_per_connection
        if self.connection_acknowledged and len(self.operations) >= most:
            error = RateLimited(f"One connection has {most} operations at most: complete one first.")
            await self.send_message({"id": message["id"], "type": "error", "payload": [formatted(error)]})
        else:
            await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Answer an operation until it is over, in a context of its own."""
        context = Context(_of_its_own(self.context.request), self.context.services)
        context.become_stream()
        with structlog.contextvars.bound_contextvars(request_id=context.request_id, path="/graphql"):
            try:
                await self._answer(operation, context)
            except ApiError as error:
                await operation.send_operation_message(
                    {"id": operation.id, "type": "error", "payload": [formatted(error)]}
                )
            except WebSocketDisconnected:
                pass
            finally:
                await context.close()
                if self.operations.get(operation.id) is operation:
                    self.forget_id(operation.id)

    async def _answer(self, operation: Operation[Context, None], context: Context) -> None:
        await context.services.pace.keep(context.request)
        results = await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
            allowed_operation_types=ALLOWED,
        )
        async with aclosing(results):
            async for result in results:
                await context.renew()
                if isinstance(result, ExecutionResult) and not await self._send(operation, context, result):
                    return
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _send(
        self, operation: Operation[Context, None], context: Context, result: ExecutionResult
    ) -> bool:
        """Send a result; whether more may follow."""
        slow = [error for error in result.errors or () if isinstance(cause_of(error), TooSlow)]
        if slow:
            await self.websocket.close(TRY_AGAIN_LATER, slow[0].message)
            return False
        result.errors = present(result.errors, context)
        is_refused = result.data is None and all(error.path is None for error in result.errors or ())
        if is_refused or isinstance(result, PreExecutionError):
            await operation.send_initial_errors(result.errors or [])
            return False
        await operation.send_next(result)
        return True


def _is_message(message: object) -> bool:
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return False
    payload = message.get("payload")
    if message["type"] in {"subscribe", "complete"} and not isinstance(message.get("id"), str):
        return False
    if message["type"] == "subscribe":
        return isinstance(payload, dict) and all(
            isinstance(payload.get(name), kind) for name, kind in PARTS.items()
        )
    return payload is None or isinstance(payload, dict)


def handshake(websocket: WebSocket) -> Request:
    """See the handshake of a WebSocket as the request that it was."""
    scheme = "https" if websocket.url.scheme == "wss" else "http"
    return _of_its_own(Request({**websocket.scope, "type": "http", "method": "GET", "scheme": scheme}))


def _of_its_own(request: Request) -> Request:
    return Request(
        {**request.scope, "state": {**request.scope.get("state", {}), "request_id": uuid.uuid4().hex}}
    )


def _with_header(request: Request, name: str, value: str) -> Request:
    kept = [(key, other) for key, other in request.scope["headers"] if key != name.encode()]
    return Request({**request.scope, "headers": [*kept, (name.encode(), value.encode())]})
