"""GraphiQL without the internet: a page of ours, and the npm files that it names, served from here."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from graphql_api.headers import ANY_STYLE, page_policy
from graphql_api.pages.npm_files import NpmFile, are_here, named_in

HERE = Path(__file__).parent


@cache
def files() -> dict[str, NpmFile]:
    """Read which files the page names, by path."""
    return named_in((HERE / "page.html").read_text(encoding="utf-8"))


def examples() -> list[str]:
    """Read the documents that the page opens with, in their order."""
    return [file.read_text(encoding="utf-8") for file in sorted((HERE / "examples").glob("*.graphql"))]


@cache
def _page() -> str:
    # In a script's text `<` could end the script.
    shown = json.dumps(examples(), ensure_ascii=False).replace("<", "\\u003c")
    return (HERE / "page.html").read_text(encoding="utf-8").replace("EXAMPLES", shown)


def show(request: Request) -> Response:
    """Show GraphiQL; where its files are missing, say how to get them."""
    if are_here(files()):
        html = _page()
    else:
        absent = (HERE / "absent.html").read_text(encoding="utf-8")
        html = absent.replace("ADDRESS", str(request.url.replace(query="")).replace("<", ""))
    # The editor sets styles on its elements as it draws, which no hash can name.
    policy = {"content-security-policy": page_policy(html, styles=ANY_STYLE)}
    return HTMLResponse(html, headers=policy)
