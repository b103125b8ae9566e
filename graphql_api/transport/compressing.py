"""An answer as the client wants it compressed: done once for each answer that is kept, not once for each request."""

from __future__ import annotations

from starlette.types import Message, Receive, Scope, Send
from starlette_compress import CompressMiddleware

from graphql_api.cache import ENCODINGS_AT_MOST, Answer
from graphql_api.transport.media import JSON

LONGEST_HEADER = 200
"""Longer ways of asking are not worth remembering."""


class Compressing:
    """Compresses as the middleware of all other answers does."""

    def __init__(self) -> None:
        self._compress = CompressMiddleware(_plain, brotli=False)

    async def encoded(self, answer: Answer, accepted: bytes) -> tuple[bytes, bytes | None]:
        """Return an answer's content as it is sent to who accepts these encodings, and which of them it is in."""
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope = {"type": "http", "headers": [(b"accept-encoding", accepted)], "body": answer.body}
        await self._compress(scope, _nothing, send)
        said = dict(sent[0]["headers"])
        encoded = b"".join(message["body"] for message in sent[1:]), said.get(b"content-encoding")
        if len(answer.encoded) < ENCODINGS_AT_MOST and len(accepted) <= LONGEST_HEADER:
            answer.encoded[accepted] = encoded
        return encoded


async def _plain(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the content that is to be compressed."""
    del receive
    headers = [(b"content-type", JSON.encode()), (b"content-length", b"%d" % len(scope["body"]))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": scope["body"]})


async def _nothing() -> Message:
    raise RuntimeError("there is no request to read")
