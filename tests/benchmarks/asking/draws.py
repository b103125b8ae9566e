"""What is random in the questions, drawn once and alike for every contender: which assets, and how deep a page."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson

from tests.benchmarks.asking.questions import WALK, Dialect, Draw, Question
from tests.benchmarks.errors import RefusedError
from tests.benchmarks.ground.seed import Size, uid

SEED = 20260101
UIDS_AT_MOST = 2_000
DEPTHS = 500
SHALLOWEST, DEEPEST = 0.2, 0.98
"""Where pages begin, as a share of all assets: with 5,000 at depth 1,000 to 4,900."""
PAGE = 50


def ask(client: httpx.Client, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON is any
    """Ask GraphQL and return the data. Raises `RefusedError`."""
    answer = client.post("/graphql", json=body)
    told = orjson.loads(answer.content)
    if answer.status_code != httpx.codes.OK or told.get("errors"):
        raise RefusedError(f"{client.base_url} answered {answer.status_code}: {answer.text[:300]}")
    return told["data"]


def draws(client: httpx.Client, dialect: Dialect, size: Size) -> dict[Draw, list[str | None]]:
    """Draw uids, and the cursors before pages of random depth as this server writes them."""
    chance = random.Random(SEED)  # noqa: S311 - the same every time is the point
    # The deepest page still ends where market caps are known: what comes after is as rare as it is unlike the rest.
    first, last = int(size.assets * SHALLOWEST), int(size.assets * DEEPEST) - PAGE
    depths = [chance.randrange(first, last) for _ in range(DEPTHS)]
    cursors = _walk(client, dialect, max(depths))
    return {
        Draw.NOTHING: [None],
        Draw.UID: [uid(number) for number in range(1, min(UIDS_AT_MOST, size.assets) + 1)],
        Draw.CURSOR: [cursors[depth] for depth in depths],
    }


def _walk(client: httpx.Client, dialect: Dialect, farthest: int) -> list[str]:
    found: list[str] = []
    while len(found) <= farthest:
        body = {"query": WALK[dialect], "variables": {"after": found[-1] if found else None}}
        found += [edge["cursor"] for edge in ask(client, body)["assets"]["edges"]]
    return found


def write_requests(path: Path, question: Question, dialect: Dialect, drawn: Sequence[str | None]) -> Path:
    """Write the requests that the load generator draws from, one a line."""
    path.write_bytes(b"\n".join(orjson.dumps(question.body(dialect, each)) for each in drawn) + b"\n")
    return path
