"""Who may do what admins do, and under which name."""

from __future__ import annotations

import dataclasses
from contextlib import nullcontext

import pytest
from pydantic import ValidationError
from starlette.requests import Request

from graphql_api.errors import ApiError, Forbidden, Unauthenticated
from graphql_api.security import require_admin, require_reader
from graphql_api.settings import ApiSettings, Environment
from models.settings import told


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
KEYED = ApiSettings(admin_keys="first, berta:zweiter")
PROD = ApiSettings(public_read=True, env=Environment.PROD)


@pytest.mark.parametrize(
    ("settings", "request_", "name"),
    [
        (OPEN, _request(), "local"),
        (OPEN, _request("::1", "localhost:8000"), "local"),
        (OPEN, _request("::1", "[::1]:8000"), "local"),
        (OPEN, _request(origin="http://127.0.0.1:8000"), "local"),
        (KEYED, _request("203.0.113.7", "api.example.org", x_api_key="first"), "admin"),
        (KEYED, _request("203.0.113.7", "api.example.org", x_api_key="zweiter"), "berta"),
    ],
)
def test_may_and_under_which_name(settings: ApiSettings, request_: Request, name: str) -> None:
    assert require_admin(request_, settings) == name


@pytest.mark.parametrize(
    ("settings", "request_", "error"),
    [
        (OPEN, _request("203.0.113.7"), Forbidden),
        (OPEN, _request(host="rebound.example.org"), Forbidden),
        (OPEN, _request(x_forwarded_for="203.0.113.7"), Forbidden),
        (OPEN, _request(origin="https://evil.example"), Forbidden),
        (OPEN, _request(origin="null"), Forbidden),
        (OPEN, _request(sec_fetch_site="cross-site"), Forbidden),
        (OPEN, _request(sec_fetch_site="same-site"), Forbidden),
        (OPEN, _request(x_api_key="anything"), Forbidden),
        (OPEN, _request(x_api_key=""), Forbidden),
        (KEYED, _request(), Unauthenticated),
        (KEYED, _request(x_api_key="first, berta:zweiter"), Forbidden),
        (KEYED, _request(x_api_key="berta:zweiter"), Forbidden),
        (KEYED, _request(x_api_key="berta"), Forbidden),
        (KEYED, _request(x_api_key=""), Forbidden),
        (PROD, _request(), Unauthenticated),
        (PROD, _request(x_api_key=""), Forbidden),
    ],
)
def test_may_not(settings: ApiSettings, request_: Request, error: type[ApiError]) -> None:
    with pytest.raises(error):
        require_admin(request_, settings)


def test_keys_are_not_kept_nor_shown_with_the_settings() -> None:
    kept = repr(KEYED) + str(KEYED.admin_keys) + repr(dataclasses.asdict(KEYED.admin_keys))
    assert "berta" in kept
    assert "first" not in kept
    assert "zweiter" not in kept


@pytest.mark.parametrize(
    ("listed", "complaint"),
    [
        ("Matcher:s3cret", "no key can have the name Matcher: decisions of the matching"),
        ("local:s3cret", "no key can have the name local"),
        (":s3cret", "an empty name or an empty key"),
        ("s3cret:", "an empty name or an empty key"),
        ("anna:s3cret,berta:s3cret", "anna and berta have the same key"),
    ],
)
def test_a_wrong_list_of_keys_is_refused_in_a_sentence_that_shows_no_key(listed: str, complaint: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        ApiSettings(admin_keys=listed)
    assert complaint in told(refusal.value)
    assert "s3cret" not in told(refusal.value) + str(refusal.value)


READERS = ApiSettings(api_keys="rita:read", admin_keys="anna:all")


@pytest.mark.parametrize("key", ["read", "all"])
def test_readers_and_admins_may_read(key: str) -> None:
    require_reader(_request("203.0.113.7", x_api_key=key), READERS)
    with pytest.raises(Forbidden) if key == "read" else nullcontext():
        require_admin(_request("203.0.113.7", x_api_key=key), READERS)


def test_others_may_not_read_unless_reading_is_open() -> None:
    with pytest.raises(Unauthenticated):
        require_reader(_request(), READERS)
    with pytest.raises(Forbidden):
        require_reader(_request(x_api_key="guess"), READERS)
    require_reader(_request(), ApiSettings(api_keys="rita:read", public_read=True))
    require_reader(_request("203.0.113.7"), OPEN)
    require_reader(_request("203.0.113.7", x_api_key="guess"), OPEN)


def test_prod_without_keys_is_refused_in_a_sentence_unless_reading_is_public() -> None:
    with pytest.raises(ValidationError) as refusal:
        ApiSettings(env=Environment.PROD)
    assert told(refusal.value).startswith(
        "PUBLIC_READ: Value error, with ENV=prod nobody could read: set API_KEYS"
    )
    assert not ApiSettings(env=Environment.PROD, admin_keys="all").reads_openly
    assert ApiSettings(env=Environment.PROD, public_read=True).reads_openly


def test_keys_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_KEYS", " anna:one , anna:two,, three ")
    monkeypatch.setenv("API_KEYS", "")
    settings = ApiSettings()
    assert [settings.admin_keys.holder(key) for key in ("one", "two", "three", "four")] == [
        "anna",
        "anna",
        "admin",
        None,
    ]
    assert not settings.api_keys


def test_a_wrong_secret_is_refused_without_being_shown() -> None:
    with pytest.raises(ValidationError) as refusal:
        ApiSettings(prefect_api_auth_string="s3cret")
    assert told(refusal.value).startswith("PREFECT_API_AUTH_STRING: String should match pattern")
    assert "s3cret" not in told(refusal.value)
