"""Requests made to hurt, against the API as a process: each is a 4xx in under a second, and memory stays flat."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.api_process import ApiProcess, api_process

HEADERS = {"content-type": "application/json", "accept": "application/graphql-response+json"}
HUGE = 50_000_000
SECONDS_AT_MOST = 1.0
GROWTH_AT_MOST_MB = 30
LONGEST_REFUSAL = 100_000


def _chunks(size: int) -> Iterator[bytes]:
    for _ in range(size // 100_000):
        yield b" " * 100_000


def _query(document: str) -> bytes:
    return b'{"query": "' + document.encode() + b'"}'


HOSTILE: dict[str, tuple[str, bytes | int, set[int]]] = {
    "50 MB, declared": ("/graphql", b" " * HUGE, {413}),
    "50 MB, in chunks": ("/graphql", HUGE, {413}),
    "50 MB to a path that reads no body": ("/etl/run-all", b" " * HUGE, {413}),
    "100,000 aliases": (
        "/graphql",
        _query("{" + "".join(f"a{i}:upstream " for i in range(100_000)) + "}"),
        {413},
    ),
    "60,000 short aliases": (
        "/graphql",
        _query("{" + "".join(f"a{i}:upstream " for i in range(60_000)) + "}"),
        {400},
    ),
    "nesting": ("/graphql", _query("{a" * 100_000 + "}" * 100_000), {400}),
    "JSON nesting": ("/graphql", b'{"a":' * 100_000, {400}),
    "a fragment cycle": (
        "/graphql",
        _query("{...F} fragment F on Query {...G} fragment G on Query {...F}"),
        {400},
    ),
    "400 fragments in a ring": (
        "/graphql",
        _query("{...F0}" + "".join(f" fragment F{i} on Query {{...F{(i + 1) % 200}}}" for i in range(200))),
        {400},
    ),
    "objects twice over": ("/graphql", _query("{" + " dataset{version}" * 249 + "}"), {200}),
    "a number of a million digits": (
        "/graphql",
        b'{"query":"{a}","variables":{"n":' + b"9" * 900_000 + b"}}",
        {400},
    ),
    "an int of a million digits": (
        "/graphql",
        _query("{assets(first:" + "9" * 900_000 + "){totalCount}}"),
        {400},
    ),
    "a string of a million characters": (
        "/graphql",
        _query('{asset(uid:\\"' + "x" * 900_000 + '\\"){uid}}'),
        {200},
    ),
}


def test_hostile_requests(database_url: str, subtests: pytest.Subtests) -> None:
    with api_process(database_url, RATE_LIMIT="") as api:
        httpx.post(f"{api.url}/graphql", json={"query": "{ assets { totalCount } }"})  # warm
        for name, (path, content, statuses) in HOSTILE.items():
            with subtests.test(name):
                _ask_three_times(api, path, content, statuses)


def _ask_three_times(api: ApiProcess, path: str, content: bytes | int, statuses: set[int]) -> None:
    before = api.memory_mb
    for _ in range(3):
        body = _chunks(content) if isinstance(content, int) else content
        began = time.monotonic()
        answer = httpx.post(f"{api.url}{path}", content=body, headers=HEADERS)
        took = time.monotonic() - began
        assert answer.status_code in statuses, answer.text[:500]
        assert len(answer.content) < LONGEST_REFUSAL
        assert took < SECONDS_AT_MOST
    assert api.memory_mb - before < GROWTH_AT_MOST_MB
    assert httpx.get(f"{api.url}/health/live").is_success
