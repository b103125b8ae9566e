"""Every fenced block of the pages for people, and what becomes of it: run, run by another test, or left out for a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.unit.house.tree import FENCE, pages

RUN = frozenset({"console", "graphql", "python", "js"})
"""Kinds that tests/e2e/clients/test_guides.py runs, each block as it stands on its page."""

SHOWN = frozenset({"json", "powerquery"})
"""Kinds that are answers, or for programs that run nowhere but on somebody's desk."""

ELSEWHERE = {
    ("docs/add-a-source.md", "python"): "tests/integration/flows/test_fourth_source.py",
    ("docs/add-a-source.md", "json"): "tests/integration/flows/test_fourth_source.py",
    ("docs/safety.md", "sql"): "tests/integration/api/test_reading_role.py",
    ("docs/sandbox.md", "toml"): "tests/unit/sandbox/test_sandbox_script.py",
}
"""By page and kind: the test that runs such blocks."""

SHORTENED = {
    (
        "docs/containers.md",
        "bash",
    ): "the first start on a server, which needs a Docker engine and two databases",
    ("docs/reading.md", "python"): "a field of graphql_api/assets.py, with `…` for what is beside the point",
}
"""By page and kind: what is not all of it, or not for here."""

LEFT_OUT = {
    "make run": "is the whole, which this test's own `python -m flows up` is",
    "make test": "is what this runs in",
    "make faults": "takes minutes, and has a job of its own",
    ".venv/bin/python -m flows sandbox": "stays until it is stopped; the sandbox that answers here is started by the same door",
    ".venv/bin/pytest tests/unit/flows/test_source_contract.py": "is a part of `make unit`",
    ".venv/bin/python -m tests.unit.house.settings_pages": "writes the project's own pages; unit tests hold them to it",
    "aws": "needs an account at AWS",
    "docker": "needs a Docker engine",
    "make up": "needs a Docker engine",
    "kubectl": "needs a cluster",
    "helm": "needs a cluster",
    "prefect work-pool create kasparro --type kubernetes": "needs a cluster",
    "prefect deploy --name etl --pool kasparro": "needs a cluster",
}
"""How commands begin that are not run, and why."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A block of a page, or one command of a `console` block."""

    page: str
    line: int
    tag: str
    text: str

    @property
    def where(self) -> str:
        """Name its place, for a test's report."""
        return f"{self.page}:{self.line}"


def snippets() -> Iterator[Snippet]:
    """List every block of every page in its order; a `console` block command by command."""
    for page, text in pages().items():
        for found in FENCE.finditer(text):
            first = text[: found.start("body")].count("\n") + 1
            if found["tag"] != "console":
                yield Snippet(page, first, found["tag"], found["body"])
                continue
            for number, line in enumerate(found["body"].splitlines(), first):
                if line.startswith("$ "):
                    yield Snippet(page, number, "console", line.removeprefix("$ "))


def why_not(snippet: Snippet) -> str | None:
    """Say why a snippet is not run by tests/e2e/clients/test_guides.py; None: it is."""
    if (test := ELSEWHERE.get((snippet.page, snippet.tag))) is not None:
        return f"run by {test}"
    if (what := SHORTENED.get((snippet.page, snippet.tag))) is not None:
        return f"shows {what}"
    if snippet.tag == "console":
        return next((why for begins, why in LEFT_OUT.items() if _begins(snippet.text, begins)), None)
    return None if snippet.tag in RUN else "is shown, not run"


def to_run(tag: str) -> list[Snippet]:
    """List the snippets of one kind that are run."""
    return [snippet for snippet in snippets() if snippet.tag == tag and why_not(snippet) is None]


def _begins(command: str, words: str) -> bool:
    return f"{command} ".startswith(f"{words} ")
