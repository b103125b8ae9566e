"""GraphiQL without the internet: a page of ours, and the npm files that it names, served from here."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from graphql_api.headers import page_policy

HERE = Path(__file__).parent
STATIC = HERE.parent / "static"
"""Where `python -m graphql_api assets` puts the files. Not in git, but in the wheel and the image."""
MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
FOR_EVER = "public, max-age=31536000, immutable"
"""A path has its version in it."""

_NAMED = re.compile(r'(?:src|href)="static/(?P<path>[^"]+)"\s+integrity="sha384-(?P<sha384>[^"]+)"')


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of an npm package: `path` is package@version/file, `sha384` its hash in base64."""

    path: str
    sha384: str

    @property
    def place(self) -> Path:
        """Where it is kept, gzipped."""
        return STATIC / f"{self.path}.gz"


@cache
def assets() -> dict[str, Asset]:
    """Read which files the page names, by path."""
    html = (HERE / "page.html").read_text(encoding="utf-8")
    return {named["path"]: Asset(named["path"], named["sha384"]) for named in _NAMED.finditer(html)}


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
    if all(asset.place.is_file() for asset in assets().values()):
        html = _page()
    else:
        absent = (HERE / "absent.html").read_text(encoding="utf-8")
        html = absent.replace("ADDRESS", str(request.url.replace(query="")).replace("<", ""))
    policy = {"content-security-policy": page_policy(html)}
    return HTMLResponse(html, headers=policy)


def serve(request: Request) -> Response:
    """Answer with one of the files that the page names."""
    asset = assets().get(request.path_params["path"])
    if asset is None or not asset.place.is_file():
        raise HTTPException(404, "there is no such file")
    packed = asset.place.read_bytes()
    headers = {"cache-control": FOR_EVER, "vary": "accept-encoding"}
    media_type = MEDIA_TYPES[Path(asset.path).suffix]
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, headers={**headers, "content-encoding": "gzip"}, media_type=media_type)
    return Response(gzip.decompress(packed), headers=headers, media_type=media_type)
