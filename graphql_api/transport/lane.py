"""The fast lane: one GraphQL operation that one statement answers, from the socket to Postgres and back.

It stands in front of Strawberry's view and gives on to it, as if it had never looked, whatever is not plainly its own:
batches, streams, mutations, introspection, whatever is wrong with a request or cannot be planned. What it answers
looks to a client as if the view had answered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import lru_cache
from typing import Any

import orjson
import psycopg
import structlog
from psycopg.errors import QueryCanceled
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from strawberry.http import GraphQLRequestData

from graphql_api.cache import Answer, Key
from graphql_api.context import Context, Services
from graphql_api.database_errors import told
from graphql_api.errors import ApiError, DatabaseAway, TooLarge, Unavailable
from graphql_api.metrics.names import ANONYMOUS, OPERATION
from graphql_api.planner.plans import Planned
from graphql_api.planner.selections import Unplannable
from graphql_api.settings import ApiSettings
from graphql_api.transport.caching import NEVER, matches, policy, stand_in_headers, validator
from graphql_api.transport.compressing import Compressing
from graphql_api.transport.disconnects import watched
from graphql_api.transport.media import GRAPHQL_JSON, JSON, answered_in, content_type
from graphql_api.transport.operations import Operations, from_json, from_query_string
from graphql_api.transport.persisted import PersistedQueries
from graphql_api.transport.refusals import refusal
from models.readers import NoneFree

PATH = "/graphql"
READ_HERE = frozenset({b"accept", b"accept-encoding", b"content-type", b"if-none-match", b"x-api-key"})
IN_JSON = f"{JSON}; charset=utf-8".encode()
IN_GRAPHQL_JSON = f"{GRAPHQL_JSON}; charset=utf-8".encode()
Headers = Mapping[bytes, bytes]
LONGEST_REMEMBERED = 200
"""Longer headers are read anew each time."""

log = structlog.get_logger(__name__)


Plan = Callable[[GraphQLRequestData, Context], Planned]
"""Raises `Unplannable` for what Strawberry's own execution has to answer."""


class _NoAnswer(Exception):  # noqa: N818 - a way, not a fault
    """The statement ran, and found what only Strawberry's execution can say."""


class FastLane:
    """Middleware: answers what it can, and passes on everything else."""

    def __init__(self, app: ASGIApp, settings: ApiSettings, persisted: PersistedQueries, plan: Plan) -> None:
        self.app = app
        self._settings = settings
        self._persisted = persisted
        self._plan = plan
        self._compressing = Compressing()
        self._renewing: set[asyncio.Task[object]] = set()
        vary = b"Accept, Accept-Encoding"
        self._vary_get = vary if settings.reads_openly else vary + b", x-api-key"
        self._on_post = [(b"cache-control", NEVER.encode()), (b"vary", vary)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on with the body that was read."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self.app(scope, receive, send)
            return
        headers = {name: value for name, value in reversed(scope["headers"]) if name in READ_HERE}
        media_type = _media_type(headers.get(b"accept", b""))
        answer = None
        try:
            if (
                media_type is not None
                and scope["method"] == "POST"
                and _is_json(headers.get(b"content-type", b""))
            ):
                body = await self._body(receive)
                answer = await self._answer(scope, receive, headers, body)
                receive = _again(body, receive)
            elif media_type is not None and scope["method"] == "GET":
                answer = await self._answer(scope, receive, headers, None)
        except (TooLarge, Unavailable) as error:
            await refusal(Request(scope), error)(scope, receive, send)
            return
        except ClientDisconnect:
            return
        if answer is None or media_type is None:
            await self.app(scope, receive, send)
        else:
            scope["state"][OPERATION] = answer.operation or ANONYMOUS
            await self._send(answer, media_type, scope, headers, send)

    async def _body(self, receive: Receive) -> bytes:
        message = await receive()
        body: bytes = message.get("body", b"")
        while message.get("more_body", False) and len(body) <= self._settings.body_limit_bytes:
            message = await receive()
            body += message.get("body", b"")
        if len(body) > self._settings.body_limit_bytes:
            raise TooLarge(
                f"The body is larger than the {self._settings.body_limit_bytes} bytes that are allowed."
            )
        return body

    async def _answer(
        self, scope: Scope, receive: Receive, headers: Headers, body: bytes | None
    ) -> Answer | None:
        """Answer from what is kept, or by a statement; None: the view must. Raises `Unavailable` for what takes too long."""
        services: Services = scope["app"].state.services
        asked = self._asked(scope, body)
        if asked is None:
            services.counters.fallbacks["no single operation"] += 1
            return None
        key = asked.query, asked.operation_name, _spelled(asked.variables), self._role(headers)
        if (kept := services.cache.find(key)) is not None:
            if services.cache.must_renew(kept):
                self._begin(self._made(key, asked, Request(scope), services))
            return kept
        async with watched(receive):
            return await self._made(key, asked, Request(scope), services)

    def _asked(self, scope: Scope, body: bytes | None) -> GraphQLRequestData | None:
        """Read one operation with its document; None: there is something else, or something wrong."""
        try:
            if body is None:
                asked: Operations = from_query_string(QueryParams(scope["query_string"]))
            else:
                asked = from_json(body, self._settings.batch_limit)
            if isinstance(asked, list):
                return None
            if asked.extensions:
                asked.query = self._persisted.resolve(asked.query, asked.extensions)
        except ApiError:
            return None  # the view finds the same, and says so
        return asked if asked.query else None

    def _begin(self, making: Coroutine[Any, Any, object]) -> None:
        """Have something made that nobody waits for; what goes wrong with it, those find who next ask for it."""
        task = asyncio.create_task(making)
        self._renewing.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._renewing.discard(task)
        if not task.cancelled():
            task.exception()

    async def _made(
        self, key: Key, asked: GraphQLRequestData, request: Request, services: Services
    ) -> Answer | None:
        try:
            planned = self._plan(asked, Context(request, services))
        except Unplannable as reason:
            services.counters.fallbacks[str(reason)] += 1
            return None

        async def make() -> bytes:
            text, is_answer = await services.readers.read(planned.sql, planned.values)
            if text is None or is_answer != b"t":
                raise _NoAnswer
            return b'{"data":%b,"extensions":{"cost":%d}}' % (text, planned.cost)

        try:
            answer = await services.cache.answer(key, make) if planned.is_published else Answer(await make())
        except _NoAnswer:
            services.counters.fallbacks["no plain answer"] += 1
            return None
        except (psycopg.Error, UnicodeEncodeError, NoneFree) as error:
            refused = told(error)
            if isinstance(refused, DatabaseAway) and (before := services.cache.stand_in(key)) is not None:
                return before
            _raise_or_log(error, refused)
            services.counters.fallbacks["the database refused"] += 1
            return None
        services.counters.planned += 1
        answer.operation = planned.operation
        return answer

    def _role(self, headers: Headers) -> str | None:
        """Tell apart who may see different things: whoever has an admin's key, a reader's, or none."""
        key = headers.get(b"x-api-key")
        return (
            None
            if key is None
            else "admin"
            if self._settings.admin_keys.holder(key.decode("latin-1"))
            else "reader"
        )

    async def _send(
        self, answer: Answer, media_type: bytes, scope: Scope, headers: Headers, send: Send
    ) -> None:
        if answer.stale_seconds is not None:
            await _send_stand_in(answer, answer.stale_seconds, media_type, send)
            return
        caching = self._on_post if scope["method"] == "POST" else self._on_get(answer, headers)
        known = headers.get(b"if-none-match")
        if (
            known
            and answer.etag
            and scope["method"] == "GET"
            and matches(known.decode("latin-1"), answer.etag)
        ):
            await send({"type": "http.response.start", "status": 304, "headers": caching})
            await send({"type": "http.response.body", "body": b""})
            return
        body, said = answer.body, [(b"content-type", media_type), *caching]
        if (accepted := headers.get(b"accept-encoding")) is not None:
            if (encoded := answer.encoded.get(accepted)) is None:
                encoded = await self._compressing.encoded(answer, accepted)
                scope["app"].state.services.cache.grown(answer)
            body, encoding = encoded
            if encoding is not None:
                said.append((b"content-encoding", encoding))
        said.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": 200, "headers": said})
        await send({"type": "http.response.body", "body": body})

    def _on_get(self, answer: Answer, headers: Headers) -> list[tuple[bytes, bytes]]:
        answer.etag = answer.etag or validator(answer.body)
        may_keep = policy(self._settings, has_key=b"x-api-key" in headers)
        return [
            (b"etag", answer.etag.encode()),
            (b"cache-control", may_keep.encode()),
            (b"vary", self._vary_get),
        ]


async def _send_stand_in(answer: Answer, age: int, media_type: bytes, send: Send) -> None:
    """Send an answer of before, which says so in its extensions and headers."""
    body = b'%b,"staleSeconds":%d}}' % (answer.body[:-2], age)
    said = [(name.encode(), value.encode()) for name, value in stand_in_headers(age).items()]
    said += [(b"content-type", media_type), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": said})
    await send({"type": "http.response.body", "body": body})


def _raise_or_log(error: psycopg.Error | UnicodeEncodeError | NoneFree, refused: ApiError | None) -> None:
    """Let the view find what is wrong and say it; only what took its time already is not asked once more."""
    if refused is None:
        log.error("a planned statement is wrong", exc_info=error)
    elif isinstance(error, QueryCanceled):
        raise refused from error


def _again(body: bytes, receive: Receive) -> Receive:
    """Hand out a body that was read already, and then what comes after it."""
    is_read = False

    async def receive_again() -> Message:
        nonlocal is_read
        if is_read:
            return await receive()
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _media_type(accept: bytes) -> bytes | None:
    return (_chosen if len(accept) <= LONGEST_REMEMBERED else _chosen.__wrapped__)(accept)


@lru_cache(256)
def _chosen(accept: bytes) -> bytes | None:
    """Choose in which of the two kinds of JSON an answer goes; None: a page or a stream is asked for."""
    chosen = answered_in({"accept": accept.decode("latin-1")})
    return IN_GRAPHQL_JSON if chosen == GRAPHQL_JSON else IN_JSON if chosen == JSON else None


def _is_json(header: bytes) -> bool:
    return (_says_json if len(header) <= LONGEST_REMEMBERED else _says_json.__wrapped__)(header)


@lru_cache(256)
def _says_json(header: bytes) -> bool:
    media_type, charset = content_type(header.decode("latin-1"))
    return media_type == JSON and charset in {"utf-8", "utf8"}


def _spelled(variables: object) -> bytes:
    """Spell variables so that the same ones are the same text."""
    return orjson.dumps(variables, option=orjson.OPT_SORT_KEYS) if variables else b""
