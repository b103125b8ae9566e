"""The headers of every answer: the request's id, and those for security.

A page's Content-Security-Policy allows it just what it holds.
"""

from __future__ import annotations

import base64
import hashlib
import re

from starlette.types import ASGIApp, Message, Receive, Scope, Send

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""For data: should a browser ever take it for a page, that page may do nothing."""

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": DATA_POLICY,
}
BY_TLS_ONLY = {"strict-transport-security": "max-age=31536000"}

ANY_STYLE = "'unsafe-inline'"
"""For pages with styles in themselves or on their elements."""

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
ELSEWHERE = re.compile(r"""(?:src|href)=["'](https://[^/"']+)/""", re.IGNORECASE)


class StandingHeaders:
    """Middleware: adds what an answer does not say itself."""

    def __init__(self, app: ASGIApp, *, tls_only: bool) -> None:
        self.app = app
        added = ALWAYS | (BY_TLS_ONLY if tls_only else {})
        self._added = [(name.encode(), value.encode()) for name, value in added.items()]
        self._names = frozenset(name for name, _ in self._added)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = (b"x-request-id", scope["state"]["request_id"].encode())

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.get("headers", ())
                said = self._names.intersection([name for name, _ in headers])
                missing = [each for each in self._added if each[0] not in said] if said else self._added
                message["headers"] = [*headers, *missing, request_id]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def page_policy(html: str, styles: str = "") -> str:
    """Allow a page its own inline scripts by hash, files from here, and the hosts that it names.

    `styles`: which inline styles it may have as well.
    """
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in INLINE_SCRIPT.findall(html))
    hosts = " ".join(sorted(set(ELSEWHERE.findall(html))))
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(f"script-src 'self' {hashes} {hosts}".split()),
            " ".join(f"style-src 'self' {styles} {hosts}".split()),
            "img-src 'self' data:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
