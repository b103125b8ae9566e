"""A person's browser, cut off from every other machine: GraphiQL opens, a query is typed, the answer is there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from graphql_api.graphiql import page
from graphql_api.pages.npm_files import are_here

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
KEPT = Path(os.environ.get("TEST_ARTIFACTS", ".kasparro/artifacts"))
"""Where the screenshot stays, for whoever wants to see it."""


@pytest.fixture(scope="module")
def chromium() -> str:
    """A browser of this machine; skipped, with the reason, without one."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or pytest.skip("no Chromium on PATH (Debian: apt install chromium): GraphiQL is not opened")


@pytest.mark.usefixtures("busy")
def test_graphiql_works_with_the_network_cut_off(
    api_url: str, node: Callable[..., str], chromium: str
) -> None:
    if not are_here(page.files()):
        pytest.skip("GraphiQL's files are not here: `python -m graphql_api assets` could not fetch them")
    KEPT.mkdir(parents=True, exist_ok=True)
    screenshot = (KEPT / "graphiql.png").resolve()
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
