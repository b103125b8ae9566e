"""The sandbox's own endpoints: scripted answers, the ledger, the clock, rate limits; and the front door."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.sandbox.settings import SandboxSettings

PING = "/coingecko/api/v3/ping"
AGENT = {"user-agent": "kasparro-tests/1.0"}


def script(client: httpx.Client, **order: Any) -> None:  # noqa: ANN401 - an order is JSON
    client.put("/_sandbox/answers", json={"path_prefix": PING, **order}).raise_for_status()


def test_health(sandbox: httpx.Client) -> None:
    assert sandbox.get("/_sandbox/health").json() == {
        "status": "ok",
        "mode": "simulated",
        "seed": 20260101,
        "size": 20_000,
    }


def test_scripted_answers_come_before_the_real_one(fresh: httpx.Client) -> None:
    script(fresh, status=429, headers={"Retry-After": "119"}, body='{"status":{"error_code":429}}', times=2)
    answers = [fresh.get(PING) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "119"
    assert answers[0].json() == {"status": {"error_code": 429}}


def test_a_scripted_answer_may_be_html_or_bytes(fresh: httpx.Client) -> None:
    script(fresh, status=500, headers={"content-type": "text/html"}, body_base64="PGh0bWw+")
    answer = fresh.get(PING)
    assert (answer.headers["content-type"], answer.content) == ("text/html", b"<html>")


def test_scripted_answers_can_be_cleared(fresh: httpx.Client) -> None:
    script(fresh, status=500, times=100)
    fresh.delete("/_sandbox/answers")
    assert fresh.get(PING).status_code == 200


def test_other_paths_are_left_alone(fresh: httpx.Client) -> None:
    script(fresh, status=500)
    assert fresh.get("/coinpaprika/v1/global").status_code == 200
    assert fresh.get(PING).status_code == 500


def test_an_answer_can_be_late(fresh: httpx.Client) -> None:
    script(fresh, delay_seconds=0.3)
    start = time.perf_counter()
    fresh.get(PING)
    assert time.perf_counter() - start >= 0.3


@pytest.mark.parametrize("body", ["", '[{"id":'])
def test_a_connection_can_be_cut(fresh: httpx.Client, body: str) -> None:
    script(fresh, disconnect=True, body=body)
    with pytest.raises(httpx.RemoteProtocolError):
        fresh.get(PING)
    assert fresh.get(PING).status_code == 200


@pytest.mark.parametrize(
    ("body", "complaint"), [("nonsense", "not JSON"), ("[]", "not a JSON object"), ("{}", "path_")]
)
def test_an_order_that_cannot_be_read_says_why(fresh: httpx.Client, body: str, complaint: str) -> None:
    answer = fresh.put("/_sandbox/answers", content=body)
    assert answer.status_code == 400
    assert complaint in answer.json()["error"]


def test_requests_are_counted_without_keys(fresh: httpx.Client) -> None:
    fresh.get("/coincap/v3/assets?limit=1&apiKey=SECRET")
    fresh.get("/coincap/v3/assets?limit=2", headers={"authorization": "Bearer SECRET"})
    script(fresh, status=500)
    fresh.get(PING)
    seen = fresh.get("/_sandbox/requests")
    assert "SECRET" not in seen.text
    assert seen.json()["counts"] == {"/coincap/v3/assets": 2, PING: 1}
    last = seen.json()["requests"][-2]
    assert (last["method"], last["provider"], last["query"]) == ("GET", "coincap", {"limit": "2"})
    assert "authorization" in last["header_names"]
    fresh.delete("/_sandbox/requests")
    assert fresh.get("/_sandbox/requests").json() == {"requests": [], "counts": {}}


@pytest.mark.parametrize("order", [{"at": "yesterday"}, {"speed": "fast"}, {"at": 5}])
def test_a_clock_order_that_cannot_be_read_says_why(sandbox: httpx.Client, order: dict[str, object]) -> None:
    answer = sandbox.put("/_sandbox/clock", json=order)
    assert answer.status_code == 400
    assert "expected" in answer.json()["error"]


def test_time_can_be_moved_and_prices_move_with_it(
    serve_sandbox: Callable[[SandboxSettings], httpx.Client],
) -> None:
    client = serve_sandbox(SandboxSettings(size=600, speed=0))

    def price_at(moment: str) -> float:
        client.put("/_sandbox/clock", json={"at": moment, "speed": 0}).raise_for_status()
        params = {"ids": "bitcoin", "vs_currencies": "usd", "precision": "full"}
        price: float = client.get("/coingecko/api/v3/simple/price", params=params).json()["bitcoin"]["usd"]
        return price

    first, second = price_at("2026-03-01T00:00:00Z"), price_at("2026-03-02T00:00:00Z")
    assert first != second
    assert price_at("2026-03-01T00:00:00Z") == first
    real = client.put("/_sandbox/clock", json={"at": None, "speed": 1}).json()["at"]
    assert abs(time.time() - datetime.fromisoformat(real).timestamp()) < 60


def test_rate_limits_are_enforced_when_wanted(
    serve_sandbox: Callable[[SandboxSettings], httpx.Client],
) -> None:
    client = serve_sandbox(SandboxSettings(size=600, rate_limits=True))
    answers = [client.get(PING) for _ in range(205)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["status"]["error_code"] == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["x-ratelimit-reset"].endswith(" +0000")


def _wait_for_answer(url: str, deadline: float) -> httpx.Response:
    while True:
        try:
            return httpx.get(url, headers=AGENT)
        except httpx.ConnectError:
            assert time.perf_counter() < deadline, "the sandbox did not come up"
            time.sleep(0.02)


def test_the_front_door_answers_within_two_seconds_and_stops_on_a_signal() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    code = f"from flows.sandbox.serve import serve; serve({port})"
    root = Path(__file__).resolve().parents[3]
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stderr=subprocess.PIPE) as process:
        try:
            assert _wait_for_answer(f"http://127.0.0.1:{port}{PING}", start + 20).status_code == 200
            took, statm = time.perf_counter() - start, Path(f"/proc/{process.pid}/statm")
            pages = int(statm.read_text().split()[1]) if statm.exists() else 0
        finally:
            process.send_signal(signal.SIGTERM)
            errors = process.stderr.read() if process.stderr else b""
    assert errors == b""
    assert took < 6, "two seconds on an idle machine; three times that on a busy one"
    assert pages * 4096 < 250 * 2**20
