"""The pages for people: what they link and name exists, and every block of them is run or has its reason not to be."""

from __future__ import annotations

import re
import shlex

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from tests.unit.house import doors
from tests.unit.house.snippets import (
    ELSEWHERE,
    LEFT_OUT,
    RUN,
    SHORTENED,
    SHOWN,
    Snippet,
    snippets,
    to_run,
    why_not,
)
from tests.unit.house.tree import ROOT, pages

ALL = list(snippets())
BEYOND = frozenset({"docs/README.md", "docs/settings.md", "docs/monitoring.md"})
"""Pages that the map need not name: itself, and those that others write."""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The schema as it is exported."""
    return build_schema((ROOT / "graphql_api" / "schema.graphql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("snippet", ALL, ids=lambda snippet: snippet.where)
def test_every_block_is_run_or_has_its_reason(snippet: Snippet) -> None:
    is_known = (snippet.page, snippet.tag) in ELSEWHERE | SHORTENED or snippet.tag in RUN | SHOWN
    assert is_known, f"what becomes of a {snippet.tag!r} block? say it in tests/unit/house/snippets.py"


def test_no_reason_is_left_over() -> None:
    kinds = {(snippet.page, snippet.tag) for snippet in ALL}
    assert (ELSEWHERE | SHORTENED).keys() <= kinds
    commands = [snippet.text for snippet in ALL if snippet.tag == "console"]
    idle = [begins for begins in LEFT_OUT if not any(f"{one} ".startswith(f"{begins} ") for one in commands)]
    assert idle == []


@pytest.mark.parametrize("test", sorted(set(ELSEWHERE.values())))
def test_the_other_tests_are_there(test: str) -> None:
    assert (ROOT / test).is_file()


def test_something_of_every_kind_is_run() -> None:
    assert {tag for tag in RUN if to_run(tag)} == RUN
    assert sum(why_not(snippet) is None for snippet in ALL) >= 15


@pytest.mark.parametrize("snippet", to_run("graphql"), ids=lambda snippet: snippet.where)
def test_queries_are_valid(schema: GraphQLSchema, snippet: Snippet) -> None:
    assert validate(schema, parse(snippet.text)) == []


@pytest.mark.parametrize("page", pages())
def test_doors_that_a_page_names_open(page: str) -> None:
    for found in re.findall(r"python -m ((?:flows|models|graphql_api)\b[^`|\n#']*)", pages()[page]):
        room, *words = shlex.split(re.sub(r"\s\\?(?:…|\.\.\.).*", "", found))
        if words or room == "graphql_api":
            doors.understand(room, words)


@pytest.mark.parametrize("page", pages())
def test_files_that_a_page_links_exist(page: str) -> None:
    folder = (ROOT / page).parent
    linked = re.findall(r"\]\((?!https?:)([^)\s]+)\)", pages()[page])
    for link in linked:
        file, _, heading = link.partition("#")
        target = folder / file if file else ROOT / page
        assert target.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {_anchor(title) for title in titles}, link


def test_the_map_names_every_page() -> None:
    listed = pages()["docs/README.md"]
    missing = [
        page for page in pages() if page.startswith("docs/") and page.removeprefix("docs/") not in listed
    ]
    assert set(missing) <= BEYOND


def _anchor(title: str) -> str:
    """Name a heading as GitHub does."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
