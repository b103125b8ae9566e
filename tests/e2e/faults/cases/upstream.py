"""Providers that answer wrongly, slowly or not at all.

Whoever has a list of such answers enters each with `upstream`: a name, a sentence, and the orders that the sandbox
takes at `PUT /_sandbox/answers`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from tests.e2e.faults.registry import case
from tests.e2e.faults.world import World

PATHS = ("/coingecko/api/v3/coins/markets", "/coinpaprika/v1/tickers")
Order = Mapping[str, Any]


def upstream(name: str, sentence: str, *orders: Order) -> None:
    """Enter a fault of a provider into the catalogue: what it answers to a run, one order after the other."""
    case(
        f"upstream-{name}",
        f"a provider {sentence}",
        written_down=("rejected_records",),
    )(partial(_answer, orders=orders))


def _answer(world: World, chance: random.Random, orders: Sequence[Order]) -> None:
    path = chance.choice(PATHS)
    for order in orders:
        told = {"path_prefix": path} | dict(order)
        httpx.put(f"{world.sandbox}/_sandbox/answers", json=told).raise_for_status()
    with world.start() as run:
        run.communicate(timeout=150)
    httpx.delete(f"{world.sandbox}/_sandbox/answers").raise_for_status()


upstream("errors", "answers 500 to everything", {"status": 500, "times": 100})
upstream("limits", "asks for a pause, twice", {"status": 429, "headers": {"retry-after": "1"}, "times": 2})
upstream("gone", "asks for a pause that is too long", {"status": 429, "headers": {"retry-after": "9000"}})
upstream("refuses", "refuses the key", {"status": 401, "body": '{"error": "invalid key"}', "times": 100})
upstream(
    "hangs-up",
    "hangs up in the middle of its answers",
    {"body": '[{"id": "bit', "disconnect": True, "times": 100},
)
upstream("page", "answers with a page for people", {"body": "<html>Just a moment...</html>", "times": 100})
upstream("empty", "answers with an empty list", {"body": "[]", "times": 100})
upstream("slow", "takes three seconds for its first answer", {"status": 503, "delay_seconds": 3})
