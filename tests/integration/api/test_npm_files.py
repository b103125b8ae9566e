"""Files of npm packages: how they are brought, kept and served."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphql_api.pages.npm import AssetError, bring
from graphql_api.pages.npm_files import NpmFile, named_in
from tests.servers import served


def _sha384(content: bytes) -> str:
    return base64.b64encode(hashlib.sha384(content).digest()).decode()


GOOD = b"the file"
CODE = NpmFile("@our/thing@1.0.0/dist/code.js", _sha384(GOOD))
STYLE = NpmFile("plain@2.0.0/style.css", _sha384(b"the style"))


def _package(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class Registry:
    """An npm registry with what a test puts in; notes what is asked for."""

    def __init__(self) -> None:
        self.packages = {
            "/@our/thing/-/thing-1.0.0.tgz": _package(**{"dist/code.js": GOOD}),
            "/plain/-/plain-2.0.0.tgz": _package(**{"style.css": b"the style"}),
        }
        self.asked: list[str] = []
        self.url = ""

    def answer(self, request: Request) -> Response:
        """Send a package."""
        self.asked.append(request.url.path)
        package = self.packages.get(request.url.path)
        return Response(package or b"", 200 if package else 404)


@pytest.fixture
def registry(here: Path) -> Iterator[Registry]:
    """A registry on a socket, with one file in each of two packages."""
    assert not list(here.iterdir())
    one = Registry()
    with served(Starlette(routes=[Route("/{path:path}", one.answer)])) as one.url:
        yield one


def test_what_is_missing_is_brought_and_only_that(registry: Registry) -> None:
    bring([CODE, STYLE], registry.url, print)
    assert gzip.decompress(CODE.place.read_bytes()) == GOOD
    STYLE.place.write_bytes(b"half of it")
    registry.asked.clear()
    bring([CODE, STYLE], registry.url, print)
    assert registry.asked == ["/plain/-/plain-2.0.0.tgz"]
    bring([CODE, STYLE], "http://127.0.0.1:1", print)


@pytest.mark.parametrize(
    ("package", "said"),
    [
        (_package(**{"dist/code.js": b"another"}), "its sha384 is another"),
        (_package(other=b"x"), "has no file dist/code.js"),
        (b"no archive", "sent no package"),
        (b"", "404"),
    ],
)
def test_what_is_not_the_file_meant_is_not_kept(registry: Registry, package: bytes, said: str) -> None:
    registry.packages["/@our/thing/-/thing-1.0.0.tgz"] = package
    with pytest.raises(AssetError, match=said):
        bring([CODE, STYLE], registry.url, print)
    assert not CODE.place.exists()


def test_a_page_names_files_in_tags_and_in_its_import_map() -> None:
    html = """<script src="static/a@1/a.js" integrity="sha384-AAAA"></script>
    {"imports": {"b": "./static/@x/b@2/b.mjs"}, "integrity": {"./static/@x/b@2/b.mjs": "sha384-BBBB"}}"""
    assert list(named_in(html).values()) == [NpmFile("a@1/a.js", "AAAA"), NpmFile("@x/b@2/b.mjs", "BBBB")]
