"""Scripted answers, the ledger, the clock and the rate limit, each on its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from starlette.requests import Request

from flows.sandbox.clock import Clock
from flows.sandbox.ledger import Ledger
from flows.sandbox.scripted import Script, parse_scripted_answer


def test_an_answer_is_given_as_often_as_ordered_and_oldest_first() -> None:
    script = Script()
    script.add(parse_scripted_answer({"path_prefix": "/a", "status": 429, "times": 2}))
    script.add(parse_scripted_answer({"path_prefix": "/", "status": 500}))
    taken = [script.take(path) for path in ("/a/b", "/c", "/a", "/a")]
    assert [scripted and scripted.status for scripted in taken] == [429, 500, 429, None]


def test_clearing_forgets_what_was_ordered() -> None:
    script = Script()
    script.add(parse_scripted_answer({"path_prefix": "/"}))
    script.clear()
    assert script.take("/") is None


def test_a_body_is_text_or_base64() -> None:
    assert parse_scripted_answer({"path_prefix": "/", "body": "é"}).body == "é".encode()
    assert parse_scripted_answer({"path_prefix": "/", "body_base64": "AP8="}).body == b"\x00\xff"


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ({}, "path_prefix is missing"),
        ({"path_prefix": "/", "staus": 1}, "unknown keys"),
        ({"path_prefix": "/", "times": "often"}, "invalid literal"),
        ({"path_prefix": "/", "body": {"a": 1}}, "cannot read the order"),
        ({"path_prefix": "/", "body_base64": "?"}, "cannot read the order"),
    ],
)
def test_an_order_that_cannot_be_read_says_why(order: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_scripted_answer(order)


def _request(path: str, query: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> Request:
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query, "headers": headers or []}
    return Request({**scope, "server": ("127.0.0.1", 80), "scheme": "http"})


def test_the_ledger_never_holds_a_key() -> None:
    ledger = Ledger()
    headers = [
        (b"x-cg-demo-api-key", b"SECRET"),
        (b"authorization", b"Bearer SECRET"),
        (b"user-agent", b"me/1"),
    ]
    ledger.note(_request("/coincap/v3/assets", b"apiKey=SECRET&limit=5", headers))
    seen = ledger.read()["requests"][0]
    assert "SECRET" not in str(ledger.read())
    assert seen["query"] == {"apiKey": "***", "limit": "5"}
    assert seen["header_names"] == ["authorization", "user-agent", "x-cg-demo-api-key"]
    assert (seen["provider"], seen["user_agent"]) == ("coincap", "me/1")


def test_the_ledger_counts_all_but_keeps_a_thousand() -> None:
    ledger = Ledger()
    for _ in range(1_100):
        ledger.note(_request("/coingecko/api/v3/ping"))
    ledger.note(_request("/_sandbox/health"))
    assert ledger.read()["counts"] == {"/coingecko/api/v3/ping": 1_100}
    assert len(ledger.read()["requests"]) == 1_000


def test_a_frozen_clock_stands_still() -> None:
    clock = Clock()
    clock.set(datetime(2026, 5, 1, tzinfo=UTC), 0)
    assert clock.now() == clock.now() == datetime(2026, 5, 1, tzinfo=UTC).timestamp()


def test_a_fast_clock_runs_ahead() -> None:
    clock = Clock(speed=1e9)
    assert clock.today() > datetime.now(UTC)
