"""The dashboard: its page, its modules, and who gets them. What it does is seen in a browser, in tests/e2e/clients."""

from __future__ import annotations

import re

import pytest

from graphql_api.dashboard import page
from graphql_api.settings import ApiSettings, Environment
from models.db import Sessions
from tests.dashboard_documents import documents
from tests.factories import make_asset, make_quoted
from tests.integration.api.client import OFFLINE, Api, asked


async def _named(api: Api) -> set[str]:
    """Read which modules and styles the page names."""
    return set(re.findall(r'(?:href|src)="(dashboard/[^"]+)"', (await api.client.get("/")).text))


@pytest.mark.usefixtures("placed")
async def test_its_page_names_what_it_needs_and_all_of_it_is_here(api: Api) -> None:
    answer = await api.client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert "http" not in answer.text
    named = await _named(api)
    assert {path.split("/", 2)[2] for path in named} == {
        path for path in page.modules() if not path.startswith(page.LATER)
    }
    for path in named:
        module = await api.client.get(f"/{path}")
        assert module.content == page.modules()[path.split("/", 2)[2]]
        assert module.headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in page.files():
        assert (await api.client.get(f"/static/{path}")).text == path


@pytest.mark.usefixtures("placed")
async def test_modules_are_sent_compressed(api: Api) -> None:
    (path,) = (path for path in await _named(api) if path.endswith("pages/assets.js"))
    answer = await api.client.get(f"/{path}", headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


@pytest.mark.usefixtures("placed")
async def test_its_policy_allows_its_own_files_and_its_import_map_and_no_more(api: Api) -> None:
    policy = (await api.client.get("/")).headers["content-security-policy"]
    said = dict(part.split(" ", 1) for part in policy.split("; "))
    assert said["default-src"] == "'none'"
    assert re.fullmatch(r"'self' 'sha256-[^' ]+'", said["script-src"])
    assert said["style-src"] == "'self'"
    assert said["connect-src"] == "'self'"


@pytest.mark.usefixtures("placed")
async def test_another_version_and_other_files_are_not_served(api: Api) -> None:
    folder = min(await _named(api)).rsplit("/", 2)[0]
    for path in (
        "dashboard/0123456789abcdef/main.js",
        f"{folder}/page.py",
        f"{folder}/..%2fpage.py",
        f"{folder}/no.js",
    ):
        assert (await api.client.get(f"/{path}")).status_code == 404


@pytest.mark.usefixtures("here")
async def test_without_its_files_the_page_says_how_to_get_them(api: Api) -> None:
    answer = await api.client.get("/")
    assert answer.status_code == 200
    assert "python -m graphql_api assets" in answer.text


@pytest.mark.usefixtures("placed")
async def test_in_prod_it_is_there_without_a_key_and_links_graphiql_only_where_that_is(
    sessions: Sessions,
) -> None:
    prod = ApiSettings(env=Environment.PROD, api_keys="rita:read", prefect_api_url=OFFLINE.prefect_api_url)
    async with asked(sessions, prod) as api:
        answer = await api.client.get("/")
        assert answer.status_code == 200
        assert '<meta name="graphiql" content="" />' in answer.text
        for path in await _named(api):
            assert (await api.client.get(f"/{path}")).status_code == 200
        (path, *_) = page.files()
        assert (await api.client.get(f"/static/{path}")).status_code == 200
        assert (await api.client.post("/graphql", json={"query": "{ datasetVersion }"})).status_code == 401
    async with asked(sessions, prod.model_copy(update={"docs_enabled": True})) as api:
        assert '<meta name="graphiql" content="graphql" />' in (await api.client.get("/")).text


ASKED = {
    "uid": "bitcoin",
    "source": "coingecko",
    "sourceId": "bitcoin",
    "text": "bit",
    "interval": "D1",
    "first": 50,
    "order": "MARKET_CAP_DESC",
    "currency": "usd",
}
QUERIES = {name: document for name, document in documents().items() if document.strip().startswith("query")}


@pytest.mark.parametrize("document", QUERIES.values(), ids=QUERIES)
async def test_what_it_asks_is_answered_by_one_statement(api: Api, sessions: Sessions, document: str) -> None:
    async with sessions.begin() as session:
        bitcoin = await make_asset(session, "bitcoin", price_usd=64_000)
        await make_quoted(session, bitcoin, "coingecko", "bitcoin")
    named = set(re.findall(r"\$(\w+):", document))
    await api.query(document, **{name: value for name, value in ASKED.items() if name in named})
    assert api.services.counters.planned == 1
    assert not api.services.counters.fallbacks
