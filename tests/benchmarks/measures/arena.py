"""All servers alive on the same database at once, found to answer alike, with the requests that they will be asked."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson

from tests.benchmarks.asking.agreement import require_agreement, require_rows
from tests.benchmarks.asking.draws import SEED, ask, draws, write_requests
from tests.benchmarks.asking.questions import QUESTIONS
from tests.benchmarks.contenders.roster import COLD, FASTAPI, PEER, PLAIN, WARM, Contender
from tests.benchmarks.errors import AbsentError, StartError
from tests.benchmarks.ground.processes import Program
from tests.benchmarks.ground.seed import SOURCES, Size

Say = Callable[[str], None]
DATA = "data"
"""The name of the question to `/data`."""
COMPARED = 12
PAGE = 100
PAGES = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A contender at work."""

    contender: Contender
    program: Program
    requests: dict[str, Path]
    """The file of its requests, by the question's name."""


@dataclass(frozen=True, slots=True)
class Arena:
    """Everybody who takes part, and why others do not."""

    places: list[Place]
    absent: dict[str, str]

    def place(self, contender: Contender) -> Place | None:
        """Find a contender at work; None where it is absent."""
        return next((place for place in self.places if place.contender is contender), None)

    def asked(self, question: str) -> list[Place]:
        """List those who are asked a question."""
        return [place for place in self.places if question in place.requests]


@contextmanager
def arena(
    url: str,
    size: Size,
    folder: Path,
    say: Say,
    contenders: Sequence[Contender] = (COLD, WARM, PEER, PLAIN, FASTAPI),
) -> Iterator[Arena]:
    """Start every contender and compare what they answer; whoever cannot start is left out with the reason."""
    with ExitStack() as stack:
        found = Arena([], {})
        for contender in contenders:
            try:
                program = stack.enter_context(contender.serving(url, folder))
            except (AbsentError, StartError) as why:
                if contender is COLD:
                    raise
                found.absent[contender.title] = str(why).splitlines()[0]
                say(f"{contender.title} does not take part: {why}")
                continue
            found.places.append(Place(contender, program, _requests(contender, program, size, folder)))
        _compare(found)
        say("all answer alike: " + ", ".join(place.contender.title for place in found.places))
        yield found


def _requests(contender: Contender, program: Program, size: Size, folder: Path) -> dict[str, Path]:
    written: dict[str, Path] = {}
    if contender.dialect is not None:
        with httpx.Client(base_url=program.url, timeout=60) as client:
            drawn = draws(client, contender.dialect, size)
        for question in QUESTIONS:
            file = folder / f"{contender.name}-{question.name}.requests"
            written[question.name] = write_requests(file, question, contender.dialect, drawn[question.draw])
    if contender in {COLD, WARM, FASTAPI}:
        chance = random.Random(SEED)  # noqa: S311 - the same every time is the point
        offsets = [chance.randrange(size.assets * len(SOURCES) - PAGE) for _ in range(PAGES)]
        written[DATA] = folder / f"{contender.name}-{DATA}.requests"
        written[DATA].write_text("".join(f"/data?limit={PAGE}&offset={offset}\n" for offset in offsets))
    return written


def require_whole_answers(found: Arena) -> None:
    """Raise `DisagreementError` where our own answers lack rows: everybody would be timed doing less."""
    reference = found.places[0]
    for question in QUESTIONS:
        for answer in _answers(reference.program.url, reference.requests[question.name]):
            require_rows(question.name, answer, question.rows)


def _compare(found: Arena) -> None:
    """Compare the first of the requests, which are the same for everybody."""
    reference = found.places[0]
    for place in found.places[1:]:
        for name, file in place.requests.items():
            ours = _answers(reference.program.url, reference.requests[name])
            for one, other in zip(ours, _answers(place.program.url, file), strict=True):
                require_agreement(place.contender.title, name, one, other)


def _answers(url: str, requests: Path) -> list[object]:
    lines = requests.read_bytes().splitlines()[:COMPARED]
    with httpx.Client(base_url=url, timeout=60) as client:
        return [_answer(client, line) for line in lines]


def _answer(client: httpx.Client, line: bytes) -> object:
    if line.startswith(b"/"):
        return orjson.loads(client.get(line.decode()).raise_for_status().content)
    return ask(client, orjson.loads(line))
