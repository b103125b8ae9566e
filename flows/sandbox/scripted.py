"""Replies that were ordered, in place of the true ones: one exact body for a test, or a fault of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.sandbox.faults.orders import Order
from flows.sandbox.faults.reply import Kind, Occasion, Reply
from flows.sandbox.faults.sending import send_reply


@dataclass(slots=True)
class Standing:
    """An order that holds, and how far it has come."""

    order: Order
    seen: int = 0
    given: int = 0
    before: Reply | None = None
    """The true reply to the last request that it befell."""

    @property
    def is_over(self) -> bool:
        """Whether it has been given as often as ordered."""
        return 0 < self.order.times <= self.given

    @property
    def is_due(self) -> bool:
        """Whether the request seen last is one that it is for."""
        return self.seen >= self.order.from_request and not self.is_over


class Script:
    """The orders that hold, oldest first."""

    def __init__(self, orders: Iterable[Order] = ()) -> None:
        self._standing = [Standing(order) for order in orders]

    def add(self, order: Order) -> None:
        """Take an order behind the others."""
        self._standing.append(Standing(order))

    def clear(self) -> None:
        """Forget all orders."""
        self._standing.clear()

    def told(self) -> list[dict[str, object]]:
        """List the orders that hold, each with how often it was given."""
        return [one.order.told | {"seen": one.seen, "given": one.given} for one in self._standing]

    def take(self, path: str) -> Standing | None:
        """Count a request, and return the oldest order that it is the turn of."""
        fitting = [one for one in self._standing if path.startswith(one.order.path_prefix)]
        for one in fitting:
            one.seen += 1
        due = next((one for one in fitting if one.is_due), None)
        if due is not None:
            due.given += 1
            self._standing = [one for one in self._standing if not one.is_over]
        return due


class ScriptedAnswers:
    """Gives what the script has for a request; all others go on to the app."""

    def __init__(self, app: ASGIApp, script: Script) -> None:
        self._app = app
        self._script = script

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the script or pass the request on."""
        due = self._script.take(scope["path"]) if scope["type"] == "http" else None
        if due is None:
            await self._app(scope, receive, send)
            return
        await send_reply(await self._befallen(due, scope, receive), receive, send)

    async def _befallen(self, due: Standing, scope: Scope, receive: Receive) -> Reply:
        order = due.order
        if order.fault.kind is Kind.ANSWER:
            return order.fault.rewrite(Reply(), Occasion())
        true = await _true_reply(self._app, scope, receive)
        target = f"{scope['path']}?{scope['query_string'].decode()}"
        occasion = Occasion(target, order.seed, order.seconds, due.before)
        due.before = true
        return order.fault.rewrite(true, occasion)


async def _true_reply(app: ASGIApp, scope: Scope, receive: Receive) -> Reply:
    """Let the app answer, unpacked, and hold what it says."""
    reply = Reply(headers={})

    async def hold(message: Message) -> None:
        nonlocal reply
        if message["type"] == "http.response.start":
            told = {name.decode(): value.decode() for name, value in message["headers"]}
            told.pop("content-length", None)
            reply = replace(reply, status=message["status"], headers=told)
        else:
            reply = replace(reply, body=reply.body + message.get("body", b""))

    headers = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
    await app({**scope, "headers": headers}, receive, hold)
    return reply
