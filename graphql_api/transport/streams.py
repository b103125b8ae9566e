"""Answers that go on: server-sent events, the parts of Apollo's multipart subscriptions, and whole files."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack

import structlog
from graphql import GraphQLError, OperationType, get_operation_ast, parse
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send
from starlette_compress import add_compress_type

from graphql_api.cost import TOKENS_AT_MOST

PATIENCE_SECONDS = 20
"""A reader who takes nothing for so long is left."""

log = structlog.get_logger(__name__)
add_compress_type("multipart/mixed", streaming=True)  # each part is sent when it is there
add_compress_type("text/csv")


def subscribes(document: str, operation_name: str | None) -> bool:
    """Tell whether a document's operation is a subscription. What cannot be read is none."""
    try:
        operation = get_operation_ast(parse(document, max_tokens=TOKENS_AT_MOST), operation_name)
    except GraphQLError:
        return False
    return operation is not None and operation.operation is OperationType.SUBSCRIPTION


class Stream(StreamingResponse):
    """An answer that goes on until one side ends it; whoever takes nothing of it is left."""

    def __init__(
        self,
        parts: AsyncGenerator[str, None],
        taken: AsyncExitStack,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(parts, headers={"cache-control": "no-store", **headers})
        self._parts = parts
        self._taken = taken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what comes, and give back what was taken for it."""

        async def send_in_time(message: Message) -> None:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, send_in_time)
        except TimeoutError:
            log.warning("a reader was left who took nothing", seconds=PATIENCE_SECONDS)
        finally:
            await self._parts.aclose()
            await self._taken.aclose()
