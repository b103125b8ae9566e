"""Somebody who reads from the API without a pause, while something else is broken, and remembers what was answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import httpx

from tests.e2e.faults.meanwhile import meanwhile

PAGE = "{ datasetVersion assets(first: 10) { nodes { uid price { priceUsd } } } }"
EVERY_SECONDS = 0.1
PATIENCE_SECONDS = 10


class Answer(StrEnum):
    """What a reader gets."""

    FRESH = "the data"
    STALE = "an older answer that says how old it is"
    REFUSED = "an error that says why"
    NOTHING = "nothing"


def ask(url: str, query: str = PAGE) -> Answer:
    """Ask the API once. What is none of these - another status, data with errors - is a failure."""
    try:
        answer = httpx.post(f"{url}/graphql", json={"query": query}, timeout=PATIENCE_SECONDS)
    except httpx.TransportError:
        return Answer.NOTHING
    body = answer.json()
    if errors := body.get("errors"):
        assert {error["extensions"]["code"] for error in errors} == {"UNAVAILABLE"}, body
        return Answer.REFUSED
    assert answer.status_code == httpx.codes.OK, answer.text
    if "staleSeconds" not in body["extensions"]:
        return Answer.FRESH
    assert answer.headers["age"] == str(body["extensions"]["staleSeconds"])
    return Answer.STALE


@contextmanager
def reading(url: str) -> Iterator[Counter[Answer]]:
    """Read on for the length of the block; yields how often which answer came."""
    heard: Counter[Answer] = Counter()

    def read() -> None:
        heard[ask(url)] += 1

    with meanwhile(read, EVERY_SECONDS):
        yield heard
