"""A person's browser, cut off from every other machine: GraphiQL opens, a query is typed, the answer is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from graphql_api.graphiql import page
from graphql_api.pages.npm_files import are_here


@pytest.mark.usefixtures("busy")
def test_graphiql_works_with_the_network_cut_off(
    api_url: str, node: Callable[..., str], chromium: str, kept: Path
) -> None:
    if not are_here(page.files()):
        pytest.skip("GraphiQL's files are not here: `python -m graphql_api assets` could not fetch them")
    screenshot = kept / "graphiql.png"
    seen = json.loads(node("graphiql.mjs", api_url, chromium, str(screenshot)))
    assert seen["complaints"] == []
    assert [url for url in seen["requests"] if not url.startswith((api_url, "data:"))] == []
    assert seen["tabs"] == 4
    assert "coin-1" in seen["example"]
    assert '"datasetVersion":' in seen["answer"]
    assert '"changed": 1' in seen["told"]
    assert "upstream" in seen["sharedQuery"]
    assert screenshot.stat().st_size > 10_000
    print(f"what the browser showed is kept in {screenshot}")  # noqa: T201 - for whoever reads the run
