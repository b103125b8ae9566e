"""Orders of faults and answers, the ledger, the clock and the rate limit, each on its own."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from starlette.requests import Request

from flows.sandbox.clock import Clock
from flows.sandbox.faults.orders import parse_order, parse_orders, read_scenario
from flows.sandbox.faults.reply import Occasion, Reply
from flows.sandbox.ledger import Ledger
from flows.sandbox.scripted import Script, Standing
from tests.unit.house.tree import ROOT


def taken(script: Script, *paths: str) -> list[str | None]:
    """Say which order's replies the requests get: by name and, of exact ones, status."""
    due = [script.take(path) for path in paths]
    return [one and _named(one) for one in due]


def _named(standing: Standing) -> str:
    fault = standing.order.fault
    is_exact = fault.name == "exact"
    return str(fault.rewrite(Reply(), Occasion()).status) if is_exact else fault.name


def test_an_answer_is_given_as_often_as_ordered_and_oldest_first() -> None:
    script = Script(
        [
            parse_order({"path_prefix": "/a", "status": 429, "times": 2}),
            parse_order({"path_prefix": "/", "status": 500}),
        ]
    )
    assert taken(script, "/a/b", "/c", "/a", "/a") == ["429", "500", "429", None]
    assert script.told() == []


def test_a_fault_begins_with_the_request_that_was_said() -> None:
    script = Script()
    script.add(parse_order({"path_prefix": "/a", "fault": "key_revoked", "from_request": 3, "times": 2}))
    assert taken(script, *["/a", "/b", "/a", "/a", "/a", "/a"]) == [
        None,
        None,
        None,
        "key_revoked",
        "key_revoked",
        None,
    ]


def test_a_request_that_another_order_answers_is_counted_all_the_same() -> None:
    script = Script([parse_order({"path_prefix": "/", "status": 500})])
    script.add(parse_order({"path_prefix": "/", "fault": "stale", "from_request": 2}))
    assert taken(script, "/", "/", "/") == ["500", "stale", None]


def test_a_fault_without_an_end_stays_until_it_is_taken_back() -> None:
    script = Script([parse_order({"path_prefix": "/", "fault": "nulls", "times": 0, "seed": 7})])
    assert taken(script, *["/"] * 50) == ["nulls"] * 50
    told = {"path_prefix": "/", "fault": "nulls", "from_request": 1, "times": 0, "seed": 7, "seconds": 2.0}
    assert script.told() == [told | {"seen": 50, "given": 50}]
    script.clear()
    assert taken(script, "/") == [None]


def body_of(order: dict[str, object]) -> bytes:
    """Return what an order answers."""
    return parse_order(order).fault.rewrite(Reply(), Occasion()).body


def test_a_body_is_text_or_base64() -> None:
    assert body_of({"path_prefix": "/", "body": "é"}) == "é".encode()
    assert body_of({"path_prefix": "/", "body_base64": "AP8="}) == b"\x00\xff"


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ({}, "path_prefix is missing"),
        ({"path_prefix": "/", "staus": 1}, "unknown keys"),
        ({"path_prefix": "/", "times": "often"}, "invalid literal"),
        ({"path_prefix": "/", "body": {"a": 1}}, "cannot read the order"),
        ({"path_prefix": "/", "body_base64": "?"}, "cannot read the order"),
        ({"path_prefix": "/", "fault": "flood"}, "there is no fault 'flood'; known are absent_fields"),
        ({"path_prefix": "/", "fault": ["flood"]}, "cannot read the order"),
        ({"path_prefix": "/", "fault": "stale", "status": 500}, r"unknown keys \['status'\]"),
    ],
)
def test_an_order_that_cannot_be_read_says_why(order: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_order(order)


SCENARIO = """
[[faults]]
path_prefix = "/coingecko"
fault = "latency"
seconds = 0.5
times = 3

[[faults]]
path_prefix = "/coincap/v3/assets"
fault = "key_revoked"
from_request = 2
times = 0
"""


def test_a_scenario_is_toml_or_json(tmp_path: Path) -> None:
    toml, json = tmp_path / "bad-day.toml", tmp_path / "bad-day.json"
    toml.write_text(SCENARIO)
    orders = read_scenario(toml)
    json.write_bytes(orjson.dumps({"faults": [order.told for order in orders]}))
    assert read_scenario(json) == orders
    assert [(one.fault.name, one.seconds, one.from_request) for one in orders] == [
        ("latency", 0.5, 1),
        ("key_revoked", 2.0, 2),
    ]


def test_the_scenario_of_the_docs_can_be_read() -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    (scenario,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    assert [one.fault.name for one in parse_orders(tomllib.loads(scenario))] == [
        "latency",
        "key_revoked",
        "price_x100",
    ]


@pytest.mark.parametrize(
    ("name", "said", "complaint"),
    [
        (
            "a.toml",
            "[[faults]]\npath_prefix = '/'\nfault = 'flood'",
            "a.toml: fault 1: there is no fault 'flood'",
        ),
        ("a.toml", "faults = [1]", "a.toml: fault 1: "),
        ("a.toml", "fault = 'stale'", "one list of orders, `faults`"),
        ("a.json", "[]", "one list of orders, `faults`"),
        ("a.json", "{", "a.json: "),
        ("a.toml", "= ", "a.toml: "),
    ],
)
def test_a_scenario_that_cannot_be_read_says_where(
    tmp_path: Path, name: str, said: str, complaint: str
) -> None:
    (tmp_path / name).write_text(said)
    with pytest.raises(ValueError, match=complaint):
        read_scenario(tmp_path / name)


def test_a_scenario_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none.toml cannot be read: No such file"):
        read_scenario(tmp_path / "none.toml")


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
