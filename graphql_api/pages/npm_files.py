"""Files of npm packages that pages are made of: named in a page's text with their hashes, kept and served here."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STATIC = Path(__file__).parents[1] / "static"
"""Where `python -m graphql_api assets` puts the files. Not in git, but in the wheel and the image."""
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
FOR_EVER = "public, max-age=31536000, immutable"
"""A path has its version in it."""

_IN_A_TAG = r'(?:src|href)="static/(?P<tagged>[^"]+)"\s+integrity='
_IN_AN_IMPORT_MAP = r'"\./static/(?P<mapped>[^"]+)":\s*'
_NAMED = re.compile(rf'(?:{_IN_A_TAG}|{_IN_AN_IMPORT_MAP})"sha384-(?P<sha384>[^"]+)"')


@dataclass(frozen=True, slots=True)
class NpmFile:
    """A file of an npm package: `path` is package@version/file, `sha384` its hash in base64."""

    path: str
    sha384: str

    @property
    def place(self) -> Path:
        """Where it is kept, gzipped."""
        return STATIC / f"{self.path}.gz"


def named_in(html: str) -> dict[str, NpmFile]:
    """Read which files a page names, by path."""
    found = [NpmFile(each["tagged"] or each["mapped"], each["sha384"]) for each in _NAMED.finditer(html)]
    return {file.path: file for file in found}


def are_here(files: Mapping[str, NpmFile]) -> bool:
    """Tell whether a page's files were all brought."""
    return all(file.place.is_file() for file in files.values())


def serving(files: Mapping[str, NpmFile]) -> Route:
    """Answer with these files, each under its path."""

    def serve(request: Request) -> Response:
        file = files.get(request.path_params["path"])
        if file is None or not file.place.is_file():
            raise HTTPException(404, "there is no such file")
        return _answer(file, request.headers.get("accept-encoding", ""))

    return Route("/static/{path:path}", serve)


def _answer(file: NpmFile, accepted: str) -> Response:
    packed = file.place.read_bytes()
    headers = {"cache-control": FOR_EVER, "vary": "accept-encoding"}
    media_type = MEDIA_TYPES[Path(file.path).suffix]
    if "gzip" in accepted:
        return Response(packed, headers={**headers, "content-encoding": "gzip"}, media_type=media_type)
    return Response(gzip.decompress(packed), headers=headers, media_type=media_type)
