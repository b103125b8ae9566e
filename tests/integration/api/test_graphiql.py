"""GraphiQL: the page, the files it names, and how they are brought."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLSchema, parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphql_api.graphiql import npm, page
from graphql_api.graphiql.npm import AssetError, bring
from graphql_api.graphiql.page import Asset
from graphql_api.schema import schema
from graphql_api.settings import Environment
from models.db import Sessions
from tests.integration.api.client import OFFLINE, Api, asked
from tests.servers import served

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROD = OFFLINE.model_copy(update={"env": Environment.PROD, "public_read": True})


def _sha384(content: bytes) -> str:
    return base64.b64encode(hashlib.sha384(content).digest()).decode()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the files are, in this test."""
    monkeypatch.setattr(page, "STATIC", tmp_path)
    return tmp_path


@pytest.fixture
def placed(here: Path) -> Path:
    """Something in the place of every file."""
    for asset in page.assets().values():
        asset.place.parent.mkdir(parents=True, exist_ok=True)
        asset.place.write_bytes(gzip.compress(asset.path.encode()))
    return here


@pytest.mark.usefixtures("placed")
async def test_a_browser_gets_the_page_and_its_files_from_here(api: Api) -> None:
    for path in ("/graphql", "/graphql?query={upstream}"):
        answer = await api.client.get(path, headers=HTML)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "query Bitcoin" in answer.text
        assert "http" not in answer.text.replace("https:", "", 1)
    assert len(page.assets()) == 6
    for path in page.assets():
        for encoding in ("gzip", "identity"):
            answer = await api.client.get(f"/static/{path}", headers={"accept-encoding": encoding})
            assert answer.text == path
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.usefixtures("placed")
async def test_the_page_may_run_its_own_scripts_and_no_others(api: Api) -> None:
    page = await api.client.get("/graphql", headers={"accept": "text/html"})
    (scripts,) = re.findall(r"script-src ([^;]+)", page.headers["content-security-policy"])
    assert "'self'" in scripts
    assert "'sha256-" in scripts
    assert "'unsafe" not in scripts


@pytest.mark.usefixtures("placed")
async def test_nothing_else_is_served(api: Api) -> None:
    for path in (
        "react@18.2.0/../../settings.py",
        "nothing.js",
        "react@18.2.0/umd/react.production.min.js.gz",
    ):
        assert (await api.client.get(f"/static/{path}")).status_code == 404


@pytest.mark.usefixtures("here")
async def test_without_its_files_the_page_says_how_to_get_them(api: Api) -> None:
    answer = await api.client.get("/graphql", headers=HTML)
    assert answer.status_code == 200
    assert "python -m graphql_api assets" in answer.text
    assert "http://127.0.0.1:8000/graphql" in answer.text
    (path, *_) = page.assets()
    assert (await api.client.get(f"/static/{path}")).status_code == 404


@pytest.mark.usefixtures("placed")
async def test_in_prod_it_is_there_for_those_who_turn_it_on(sessions: Sessions) -> None:
    (path, *_) = page.assets()
    async with asked(sessions, PROD) as api:
        off = await api.client.get("/graphql", headers=HTML)
        assert off.status_code == 404
        assert "DOCS_ENABLED" in off.text
        assert (await api.client.get(f"/static/{path}")).status_code == 404
    async with asked(sessions, PROD.model_copy(update={"docs_enabled": True})) as api:
        assert (await api.client.get("/graphql", headers=HTML)).status_code == 200
        assert (await api.client.get(f"/static/{path}")).status_code == 200


@pytest.fixture(scope="module")
def core_schema() -> GraphQLSchema:
    """The schema as graphql-core has it."""
    known = schema._schema  # noqa: SLF001 - Strawberry's only door to it
    assert isinstance(known, GraphQLSchema)
    return known


@pytest.mark.parametrize("example", page.examples(), ids=lambda example: example.split()[1])
def test_the_examples_fit_the_schema(example: str, core_schema: GraphQLSchema) -> None:
    assert validate(core_schema, parse(example)) == []


GOOD = b"the file"
CODE = Asset("@our/thing@1.0.0/dist/code.js", _sha384(GOOD))
STYLE = Asset("plain@2.0.0/style.css", _sha384(b"the style"))


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
def registry(here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    """A registry on a socket, and a page that names one file of each of its two packages."""
    assert not list(here.iterdir())
    monkeypatch.setattr(npm, "assets", lambda: {"code": CODE, "style": STYLE})
    one = Registry()
    with served(Starlette(routes=[Route("/{path:path}", one.answer)])) as one.url:
        yield one


def test_what_is_missing_is_brought_and_only_that(registry: Registry) -> None:
    bring(registry.url, print)
    assert gzip.decompress(CODE.place.read_bytes()) == GOOD
    STYLE.place.write_bytes(b"half of it")
    registry.asked.clear()
    bring(registry.url, print)
    assert registry.asked == ["/plain/-/plain-2.0.0.tgz"]
    bring("http://127.0.0.1:1", print)


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
        bring(registry.url, print)
    assert not CODE.place.exists()
