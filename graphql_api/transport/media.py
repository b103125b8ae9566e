"""Media types: which one an Accept header asks for, and what a Content-Type says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.message import Message

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
HTML = "text/html"
CSV = "text/csv"
EVENTS = "text/event-stream"


def preferred(accept: str, offers: Sequence[str], otherwise: str) -> str:
    """Choose what the header names with the highest quality, ties as offered; wildcards leave it to `otherwise`."""
    named = dict(_with_quality(part) for part in accept.split(","))
    best = max(offers, key=lambda offer: named.get(offer, 0.0))
    return best if named.get(best, 0.0) > 0 else otherwise


def answered_in(headers: Mapping[str, str]) -> str:
    """Choose what a request to GraphQL is answered in: JSON of either kind, a page, or events."""
    return preferred(headers.get("accept", ""), [GRAPHQL_JSON, JSON, HTML, EVENTS], otherwise=JSON)


def prefers_html(headers: Mapping[str, str]) -> bool:
    """Tell whether a browser asks for a page."""
    return answered_in(headers) == HTML


def content_type(header: str) -> tuple[str, str]:
    """Read a Content-Type as media type and charset, both in small letters; UTF-8 unless told."""
    message = Message()
    message["content-type"] = header
    media_type = message.get_content_type() if "/" in header else ""
    return media_type, str(message.get_content_charset("utf-8"))


def _with_quality(part: str) -> tuple[str, float]:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return media_type, float(parameter[2:])
            except ValueError:
                return media_type, 0.0
    return media_type, 1.0
