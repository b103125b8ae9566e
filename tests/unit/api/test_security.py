"""Who may start runs."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from graphql_api.errors import ApiError, Forbidden, Unauthenticated
from graphql_api.security import require_admin
from graphql_api.settings import ApiSettings, Environment


def _request(client: str = "127.0.0.1", host: str = "127.0.0.1:8000", **headers: str) -> Request:
    named = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(
        {
            "type": "http",
            "method": "POST",
            "path": "/etl/run-all",
            "query_string": b"",
            "scheme": "http",
            "server": ("192.0.2.1", 8000),
            "client": (client, 5000),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
    )


OPEN = ApiSettings(admin_keys="")
KEYED = ApiSettings(admin_keys="first, second")
PROD = ApiSettings(admin_keys="", env=Environment.PROD)


@pytest.mark.parametrize(
    ("settings", "request_"),
    [
        (OPEN, _request()),
        (OPEN, _request("::1", "localhost:8000")),
        (OPEN, _request("::1", "[::1]:8000")),
        (OPEN, _request(origin="http://127.0.0.1:8000")),
        (KEYED, _request("203.0.113.7", "api.example.org", x_api_key="first")),
        (KEYED, _request("203.0.113.7", "api.example.org", x_api_key="second")),
    ],
)
def test_may(settings: ApiSettings, request_: Request) -> None:
    require_admin(request_, settings)


@pytest.mark.parametrize(
    ("settings", "request_", "error"),
    [
        (OPEN, _request("203.0.113.7"), Forbidden),
        (OPEN, _request(host="rebound.example.org"), Forbidden),
        (OPEN, _request(x_forwarded_for="203.0.113.7"), Forbidden),
        (OPEN, _request(origin="https://evil.example"), Forbidden),
        (OPEN, _request(origin="null"), Forbidden),
        (OPEN, _request(x_api_key="anything"), Forbidden),
        (OPEN, _request(x_api_key=""), Forbidden),
        (KEYED, _request(), Unauthenticated),
        (KEYED, _request(x_api_key="first, second"), Forbidden),
        (KEYED, _request(x_api_key=""), Forbidden),
        (PROD, _request(), Unauthenticated),
        (PROD, _request(x_api_key=""), Forbidden),
    ],
)
def test_may_not(settings: ApiSettings, request_: Request, error: type[ApiError]) -> None:
    with pytest.raises(error):
        require_admin(request_, settings)


def test_keys_are_not_shown_with_the_settings() -> None:
    assert "first" not in repr(KEYED)
