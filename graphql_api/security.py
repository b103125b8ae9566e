"""Who may read, and who may do what admins do: a holder of an admin key, or in development somebody on this machine.

"On this machine" is asked of everything that could pretend it: a proxy in front (forwarding headers), a page in the
user's own browser (Origin), a foreign name that resolves to 127.0.0.1 (Host).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.requests import Request

from graphql_api.errors import Forbidden, Unauthenticated
from graphql_api.keys import LOCAL
from graphql_api.settings import ApiSettings, Environment

HEADER = "x-api-key"
CHALLENGE = {"www-authenticate": f"ApiKey header={HEADER}"}
SAME_SITE = (None, "none", "same-origin")
"""What a browser says of who made it ask; programs say nothing."""
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def holder(request: Request, settings: ApiSettings) -> str | None:
    """Name whose key a request carries; None: no key, or nobody's."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
    return settings.admin_keys.holder(given) or settings.api_keys.holder(given)


def require_reader(request: Request, settings: ApiSettings) -> None:
    """Let a reader pass. Raises `Unauthenticated` or `Forbidden`, with what is missing."""
    if settings.reads_openly or holder(request, settings):
        return
    if HEADER in request.headers:
        raise Forbidden(f"The key in {HEADER} is not one of API_KEYS or ADMIN_KEYS.")
    raise Unauthenticated(f"Reading needs a key of API_KEYS in the header {HEADER}.", CHALLENGE)


def require_admin(request: Request, settings: ApiSettings) -> str:
    """Let an admin pass and name them. Raises `Unauthenticated` or `Forbidden`, with what is missing."""
    given = request.headers.get(HEADER)
    if given is not None:
        if (name := settings.admin_keys.holder(given)) is None:
            raise Forbidden(f"The key in {HEADER} is not one of ADMIN_KEYS.")
        return name
    if settings.admin_keys or settings.env is Environment.PROD:
        raise Unauthenticated(f"This needs a key of ADMIN_KEYS in the header {HEADER}.", CHALLENGE)
    if not is_local(request):
        raise Forbidden(
            "Without ADMIN_KEYS this can only be done from this machine itself, at 127.0.0.1 and with no "
            "proxy between: set ADMIN_KEYS and send one in the header x-api-key."
        )
    return LOCAL


def require_watcher(request: Request, settings: ApiSettings) -> None:
    """Let pass who may read /metrics: a key of METRICS_KEYS or ADMIN_KEYS, as x-api-key or as a bearer's token.

    Where there is neither, this machine alone, in development. Raises `Unauthenticated` or `Forbidden`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else request.headers.get(HEADER)
    if given is not None:
        if not (settings.metrics_keys.holder(given) or settings.admin_keys.holder(given)):
            raise Forbidden("The key is not one of METRICS_KEYS or ADMIN_KEYS.")
    elif settings.metrics_keys or settings.admin_keys or settings.env is Environment.PROD:
        raise Unauthenticated(
            f"Metrics need a key of METRICS_KEYS, as `authorization: Bearer KEY` or in the header {HEADER}.",
            {"www-authenticate": "Bearer"},
        )
    elif not is_local(request):
        raise Forbidden(
            "Without METRICS_KEYS metrics can only be read from this machine itself: set METRICS_KEYS."
        )


def is_local(request: Request) -> bool:
    """Whether a request comes from this machine, by no detour."""
    origin = request.headers.get("origin")
    return (
        request.client is not None
        and _is_loopback(request.client.host)
        and _is_loopback(request.url.hostname or "")
        and not any(name in request.headers for name in FORWARDED)
        and request.headers.get("sec-fetch-site") in SAME_SITE
        and (origin is None or urlsplit(origin).netloc == request.headers.get("host"))
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
