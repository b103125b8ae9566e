"""GraphiQL: the page, and the files that it names."""

from __future__ import annotations

import re

import pytest
from graphql import GraphQLSchema, parse, validate

from graphql_api.graphiql import page
from graphql_api.schema import schema
from graphql_api.settings import Environment
from models.db import Sessions
from tests.integration.api.client import OFFLINE, Api, asked

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROD = OFFLINE.model_copy(update={"env": Environment.PROD, "public_read": True})


@pytest.mark.usefixtures("placed")
async def test_a_browser_gets_the_page_and_its_files_from_here(api: Api) -> None:
    for path in ("/graphql", "/graphql?query={upstream}"):
        answer = await api.client.get(path, headers=HTML)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "query Bitcoin" in answer.text
        assert "http" not in answer.text.replace("https:", "", 1)
    assert len(page.files()) == 6
    for path in page.files():
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
    (path, *_) = page.files()
    assert (await api.client.get(f"/static/{path}")).status_code == 404


@pytest.mark.usefixtures("placed")
async def test_in_prod_it_is_there_for_those_who_turn_it_on(sessions: Sessions) -> None:
    (path, *_) = page.files()
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
