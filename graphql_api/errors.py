"""Errors that a client is told as they are. Everything else is masked and logged whole.

Each has the code that GraphQL puts in `extensions.code` and the status that REST answers with.
"""

from __future__ import annotations

from collections.abc import Mapping


class ApiError(Exception):
    """Root of the errors whose message is meant for the client: what happened, and what to do."""

    code = "INTERNAL"
    status = 500

    def __init__(self, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = dict(headers or {})


class BadUserInput(ApiError):  # noqa: N818 - reads as the code it becomes
    """An argument cannot be used as it is."""

    code = "BAD_USER_INPUT"
    status = 400


class TooComplex(ApiError):  # noqa: N818
    """The request would cost more than one may."""

    code = "TOO_COMPLEX"
    status = 400


class UnsupportedMediaType(BadUserInput):
    """The body is of a kind that is not read here."""

    status = 415


class MethodNotAllowed(BadUserInput):
    """The resource is there, but not for this method."""

    status = 405


class TooLarge(BadUserInput):
    """The body is longer than anything asked for here has to be."""

    status = 413


class RateLimited(ApiError):  # noqa: N818
    """Too many requests in a short time."""

    code = "RATE_LIMITED"
    status = 429


class Unauthenticated(ApiError):  # noqa: N818
    """The request needs a key and has none."""

    code = "UNAUTHENTICATED"
    status = 401


class Forbidden(ApiError):  # noqa: N818
    """The request's key, or where it comes from, does not allow this."""

    code = "FORBIDDEN"
    status = 403


class NotFound(ApiError):  # noqa: N818
    """What was named is not there."""

    code = "NOT_FOUND"
    status = 404


class Conflict(ApiError):  # noqa: N818
    """It is being done already."""

    code = "CONFLICT"
    status = 409


class Unavailable(ApiError):  # noqa: N818
    """Something this answer needs does not answer itself."""

    code = "UNAVAILABLE"
    status = 503


class DatabaseAway(Unavailable):
    """The database cannot be reached at all."""


def masked(request_id: str) -> str:
    """Say that something unexpected went wrong, and under which id it was logged."""
    return f"Something went wrong on our side; it was logged under request id {request_id}."
