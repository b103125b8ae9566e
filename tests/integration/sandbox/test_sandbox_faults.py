"""Faults as a client meets them: ordered over HTTP or by a scenario's file, and truly on the wire."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from flows.sandbox.app import create_app
from flows.sandbox.faults.catalogue import FAULTS
from flows.sandbox.settings import SandboxSettings

TICKERS = "/coinpaprika/v1/tickers"
SCENARIO = f'[[faults]]\npath_prefix = "{TICKERS}"\nfault = "key_revoked"\nfrom_request = 2\ntimes = 0\n'


@pytest.fixture(scope="module")
def sandbox(serve_sandbox: Callable[[SandboxSettings], httpx.Client]) -> httpx.Client:
    """A small sandbox."""
    return serve_sandbox(SandboxSettings(size=600, speed=0))


def order(client: httpx.Client, fault: str, path: str = TICKERS, **said: object) -> httpx.Response:
    """Switch one fault on."""
    one = {"path_prefix": path, "fault": fault, **said}
    return client.post("/_sandbox/faults", json={"faults": [one]}).raise_for_status()


def test_faults_are_listed_with_what_they_do(fresh: httpx.Client) -> None:
    listed = fresh.get("/_sandbox/faults").json()
    assert listed["on"] == []
    assert listed["faults"].keys() == FAULTS.keys()
    assert listed["faults"]["empty_list"] == {"kind": "data", "does": "List nothing, with status 200."}


def test_what_is_on_is_told_and_switched_off(fresh: httpx.Client) -> None:
    on = order(fresh, "empty_list", times=3, seed=5).json()["on"]
    assert fresh.get(TICKERS).json() == []
    told = {
        "path_prefix": TICKERS,
        "fault": "empty_list",
        "from_request": 1,
        "times": 3,
        "seed": 5,
        "seconds": 2.0,
    }
    assert on == [told | {"seen": 0, "given": 0}]
    assert fresh.get("/_sandbox/faults").json()["on"] == [told | {"seen": 1, "given": 1}]
    fresh.delete("/_sandbox/faults").raise_for_status()
    assert fresh.get("/_sandbox/faults").json()["on"] == []
    assert len(fresh.get(TICKERS).json()) > 100


def test_a_scenario_with_a_mistake_changes_nothing(fresh: httpx.Client) -> None:
    orders = [{"path_prefix": "/", "fault": "stale"}, {"path_prefix": "/", "fault": "flood"}]
    refused = fresh.post("/_sandbox/faults", json={"faults": orders})
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("fault 2: there is no fault 'flood'; known are ")
    assert fresh.get("/_sandbox/faults").json()["on"] == []


def test_a_scenarios_file_holds_from_the_start(
    serve_sandbox: Callable[[SandboxSettings], httpx.Client], tmp_path: Path
) -> None:
    scenario = tmp_path / "revoked.toml"
    scenario.write_text(SCENARIO)
    client = serve_sandbox(SandboxSettings(size=600, scenario=scenario))
    assert [client.get(TICKERS).status_code for _ in range(4)] == [200, 401, 401, 401]


def test_a_scenario_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none\.toml cannot be read"):
        create_app(SandboxSettings(size=600, scenario=tmp_path / "none.toml"))


def test_a_connection_is_reset(fresh: httpx.Client) -> None:
    order(fresh, "reset")
    with pytest.raises(httpx.ReadError, match="reset by peer"):
        fresh.get(TICKERS)
    assert fresh.get(TICKERS).status_code == 200


def test_what_follows_a_wrong_length_is_really_sent(fresh: httpx.Client) -> None:
    true = fresh.get(TICKERS).content
    order(fresh, "wrong_length")
    with socket.create_connection((fresh.base_url.host, fresh.base_url.port), timeout=10) as line:
        line.sendall(f"GET {TICKERS} HTTP/1.1\r\nhost: here\r\n\r\n".encode())
        sent = b""
        while len(sent.partition(b"\r\n\r\n")[2]) < len(true):
            sent += line.recv(65_536)
    head, _, body = sent.partition(b"\r\n\r\n")
    assert f"content-length: {len(true) // 2}\r\n".encode() in head + b"\r\n"
    assert body == true


def test_a_dripping_body_is_whole_in_the_end(fresh: httpx.Client) -> None:
    order(fresh, "drip", seconds=0.0001)
    with fresh.stream("GET", TICKERS, headers={"accept-encoding": "identity"}) as answer:
        pieces = list(answer.iter_raw())
    assert len(pieces) > 10
    assert b"".join(pieces) == fresh.get(TICKERS).content


def test_a_bomb_is_small_on_the_wire(fresh: httpx.Client) -> None:
    order(fresh, "bomb")
    with fresh.stream("GET", TICKERS) as answer:
        sent = b"".join(answer.iter_raw())
    assert len(sent) < 200_000
    assert len(gzip.decompress(sent)) > 100_000_000


def test_the_same_seed_befalls_the_same_rows(fresh: httpx.Client) -> None:
    answers = []
    for seed in (1, 1, 2):
        order(fresh, "half_gone", seed=seed)
        answers.append(fresh.get(TICKERS).content)
    assert answers[0] == answers[1] != answers[2]


def test_a_shift_carries_rows_from_page_to_page(fresh: httpx.Client) -> None:
    order(fresh, "page_shift", "/coingecko/api/v3/coins/markets", times=0)

    def ids(page: int) -> list[str]:
        params = {"vs_currency": "usd", "per_page": 50, "page": page}
        return [row["id"] for row in fresh.get("/coingecko/api/v3/coins/markets", params=params).json()]

    first, second, third = ids(1), ids(2), ids(3)
    assert second[:3] == first[-3:]
    assert not set(third) & set(first)
    assert [len(page) for page in (first, second, third)] == [50, 50, 50]
