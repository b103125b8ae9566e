"""What a document costs that nobody has sent before: a new text with every request, one request after another."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from statistics import median

import httpx
import orjson

from tests.benchmarks.asking.draws import ask
from tests.benchmarks.contenders.roster import COLD, PEER
from tests.benchmarks.measures.arena import Arena, Place
from tests.benchmarks.plan import Plan

QUESTIONS = ("Q1", "Q2", "Q3")
_numbers = count(1)


@dataclass(slots=True)
class Unseen:
    """Milliseconds by contender and question."""

    ms: defaultdict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def median_ms(self, contender: str, question: str) -> float | None:
        """Return the median."""
        found = self.ms[contender, question]
        return median(found) if found else None


def measure_unseen(found: Arena, plan: Plan) -> Unseen:
    """Ask ours and PostGraphile in turn; the first few are not counted."""
    unseen = Unseen()
    asked = [place for contender in (COLD, PEER) if (place := found.place(contender))]
    clients = {place.contender.name: httpx.Client(base_url=place.program.url, timeout=60) for place in asked}
    try:
        for question in QUESTIONS:
            for number in range(-3, plan.unseen):
                for place in asked:
                    took = _once(clients[place.contender.name], place, question)
                    if number >= 0:
                        unseen.ms[place.contender.name, question].append(took)
    finally:
        for client in clients.values():
            client.close()
    return unseen


def _once(client: httpx.Client, place: Place, question: str) -> float:
    with place.requests[question].open("rb") as file:
        body = orjson.loads(file.readline())
    body["query"] = never_sent(body["query"], next(_numbers))
    began = time.perf_counter()
    ask(client, body)
    return (time.perf_counter() - began) * 1000


def never_sent(document: str, number: int) -> str:
    """Give a field a name that no document had before, so that the text is new and the answer as large as ever."""
    return re.sub(r"\bsymbol\b", f"never{number}: symbol", document, count=1)
