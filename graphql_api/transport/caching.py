"""Caching of what a GET answers: its validator, and who may keep it.

The validator is a hash of the answer itself. Whatever decides an answer - the dataset's version, a price that grew
stale since, a run that ended, the code - decides it too, and nothing can be forgotten: an answer in which anything
changed is never called unchanged. It is weak, because the same answer may be sent in several encodings.
"""

from __future__ import annotations

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from graphql_api.security import HEADER
from graphql_api.settings import ApiSettings

NEVER = "no-store"


def validator(content: bytes) -> str:
    """Make the ETag of an answer."""
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def stand_in_headers(age: int) -> dict[str, str]:
    """Say that an answer stands in for one that cannot be made now, and that nobody else should keep it."""
    return {"age": str(age), "warning": '110 kasparro "Response is Stale"', "cache-control": NEVER}


def conditional(request: Request, response: Response, settings: ApiSettings) -> Response:
    """Give an answer its caching headers, or answer 304 to a client that has it. An ETag that is there is kept."""
    if "cache-control" in response.headers:
        return response
    if request.method not in {"GET", "HEAD"} or response.status_code != 200:  # noqa: PLR2004 - HTTP's own number
        response.headers["cache-control"] = NEVER
        return response
    etag = response.headers.setdefault("etag", validator(bytes(response.body)))
    response.headers["cache-control"] = policy(settings, has_key=HEADER in request.headers)
    if not settings.reads_openly:
        response.headers.add_vary_header("x-api-key")
    if matches(request.headers.get("if-none-match", ""), etag):
        kept = {
            name: response.headers[name]
            for name in ("etag", "cache-control", "vary")
            if name in response.headers
        }
        return Response(status_code=304, headers=kept)
    return response


def policy(settings: ApiSettings, *, has_key: bool) -> str:
    """Say who may keep an answer to a GET, and for how long."""
    # With a key some see more than others do, also where everybody may read.
    who = "public" if settings.reads_openly and not has_key else "private"
    # Kept without asking, an answer could call a price fresh after it grew stale: so long, and no longer.
    seconds = settings.cache_seconds
    return f"{who}, max-age={seconds}" if seconds else f"{who}, no-cache"


def matches(header: str, etag: str) -> bool:
    """Tell whether an If-None-Match names this answer."""
    known = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return "*" in known or etag.removeprefix("W/") in known
