"""The dashboard: one page for people, a GraphQL client like any other, whose modules are the files of this folder.

There is no build: browsers load the modules as they are written. Their path has a digest of all of them in it, so
that they are kept for ever, and never mixed with those of another version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from graphql_api.headers import page_policy
from graphql_api.pages.npm_files import FOR_EVER, MEDIA_TYPES, NpmFile, are_here, named_in

HERE = Path(__file__).parent
LATER = "chart/"
"""Modules of this folder are loaded when they are needed, all others at once."""


@cache
def files() -> dict[str, NpmFile]:
    """Read which files of npm packages the page names, by path."""
    return named_in(_text("page.html"))


@cache
def modules() -> dict[str, bytes]:
    """Read the page's own modules and styles, by path."""
    found = (path for path in sorted(HERE.rglob("*")) if path.suffix in MEDIA_TYPES)
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for path in found}


def digest(contents: Mapping[str, bytes]) -> str:
    """Name a version of the modules by what is in them."""
    hashes = (f"{path} {hashlib.sha256(content).hexdigest()}" for path, content in contents.items())
    return hashlib.sha256("\n".join(hashes).encode()).hexdigest()[:16]


def routes(*, links_graphiql: bool) -> list[Route]:
    """Route the page and its modules."""

    def show(request: Request) -> Response:
        del request
        html = _page(links_graphiql=links_graphiql) if are_here(files()) else _text("absent.html")
        policy = {"content-security-policy": page_policy(html), "cache-control": "no-cache"}
        return HTMLResponse(html, headers=policy)

    return [Route("/", show), Route("/dashboard/{digest}/{path:path}", _serve)]


@cache
def _folder() -> str:
    """Name the folder under which this version's modules are served."""
    return f"dashboard/{digest(modules())}"


def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


@cache
def _page(*, links_graphiql: bool) -> str:
    folder = _folder()
    at_once = [path for path in modules() if path.endswith(".js") and not path.startswith(LATER)]
    preloads = "\n".join(f'    <link rel="modulepreload" href="{folder}/{path}" />' for path in at_once)
    html = _text("page.html")
    shown = {"FOLDER": folder, "PRELOADS": preloads.strip(), "GRAPHIQL": "graphql" if links_graphiql else ""}
    for word, text in shown.items():
        html = html.replace(word, text)
    return html


def _serve(request: Request) -> Response:
    """Answer with a module of the version that is here; another version's is not there any more."""
    path = request.path_params["path"]
    content = modules().get(path)
    if content is None or f"dashboard/{request.path_params['digest']}" != _folder():
        raise HTTPException(404, "there is no such file in this version: load the page again")
    media_type = MEDIA_TYPES[Path(path).suffix]
    return Response(content, headers={"cache-control": FOR_EVER}, media_type=media_type)
