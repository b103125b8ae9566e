"""What a handler gives back: JSON, or a refusal in the provider's own words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """The provider says no: its status and its body."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:  # noqa: ANN401
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers


def json_text(value: Any) -> bytes:  # noqa: ANN401 - JSON is anything
    """Write compact JSON; floats in their shortest form, `1e-11` where they are tiny."""
    return orjson.dumps(value)


def answer(
    value: Any,  # noqa: ANN401 - JSON is anything
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with JSON; bytes are taken as JSON already written."""
    body = value if isinstance(value, bytes) else json_text(value)
    return Response(body, status, headers, media_type="application/json; charset=utf-8")


async def refuse(_request: Request, refusal: Exception) -> Response:
    """Turn a `Refusal` into its answer."""
    if not isinstance(refusal, Refusal):
        raise refusal
    return answer(refusal.body, refusal.status, refusal.headers)


def whole_number(text: str | None, default: int) -> int:
    """Read a parameter as a whole number; what is not one counts as not given."""
    return int(text) if text and text.lstrip("-").isdigit() else default


def is_true(text: str | None) -> bool:
    """Read a flag: only the lower-case word counts, as it does at the providers."""
    return text == "true"


def comma_list(text: str | None) -> list[str]:
    """Split a comma list, leaving out empty parts."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def iso_milliseconds(at: float) -> str:
    """Write a time as `2026-01-01T00:00:00.123Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_seconds(at: float) -> str:
    """Write a time as `2026-01-01T00:00:00Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> float | None:
    """Read UNIX seconds, a date or an ISO time as UNIX seconds; None for anything else."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
