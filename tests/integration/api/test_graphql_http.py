"""GraphQL over HTTP beyond what the audits of graphql-http ask (those run in tests/e2e/clients)."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import orjson
import pytest
import zstandard

from graphql_api.transport.media import GRAPHQL_JSON, HTML, JSON, preferred
from models.db import Sessions
from tests.factories import make_asset
from tests.integration.api.client import OFFLINE, Api, asked

VERSION = "{ datasetVersion }"

REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("not JSON", {"content": b"{", "headers": {"content-type": JSON}}, 400, "not JSON in UTF-8"),
    ("invalid UTF-8", {"content": b'{"query":"\xff"}', "headers": {"content-type": JSON}}, 400, "UTF-8"),
    ("half a surrogate", {"content": rb'{"query":"\ud800"}', "headers": {"content-type": JSON}}, 400, "surr"),
    ("JSON 5,000 deep", {"content": b"[" * 5000, "headers": {"content-type": JSON}}, 400, "depth limit"),
    ("a string", {"json": "query"}, 400, "JSON object with `query`"),
    ("an array of strings", {"json": ["query"]}, 400, "JSON object with `query`"),
    ("no query", {"json": {}}, 400, "no `query`"),
    ("an empty query", {"json": {"query": ""}}, 400, "no `query`"),
    ("a query that is none", {"json": {"query": 5}}, 400, "`query` must be a string"),
    (
        "variables in a list",
        {"json": {"query": VERSION, "variables": []}},
        400,
        "`variables` must be an object",
    ),
    ("a form", {"data": {"query": VERSION}}, 415, "application/x-www-form-urlencoded"),
    ("an upload", {"files": {"operations": b"{}"}}, 415, "multipart/form-data"),
    ("plain text", {"content": VERSION, "headers": {"content-type": "text/plain"}}, 415, "text/plain"),
    ("no content-type", {"content": b"{}"}, 415, "no content-type"),
    (
        "another charset",
        {"content": b"{}", "headers": {"content-type": "application/json; charset=utf-16"}},
        415,
        "utf-16",
    ),
    ("an empty batch", {"json": []}, 400, "1 to 10 operations, got 0"),
    ("a batch too large", {"json": [{"query": VERSION}] * 11}, 400, "1 to 10 operations, got 11"),
]


async def test_what_is_no_request_is_refused_with_its_cause(api: Api, subtests: pytest.Subtests) -> None:
    for name, request, status, cause in REFUSED:
        with subtests.test(name):
            answer = await api.client.post("/graphql", **request)
            (error,) = answer.json()["errors"]
            assert (answer.status_code, error["extensions"]["code"]) == (status, "BAD_USER_INPUT")
            assert cause in error["message"]


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        (f"{GRAPHQL_JSON}, {JSON}", GRAPHQL_JSON),
        (f"{JSON}, {GRAPHQL_JSON};q=0.9", JSON),
        (f"{GRAPHQL_JSON};q=0.2, */*;q=0.1", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0", JSON),
        (f"{GRAPHQL_JSON.upper()}; charset=utf-8", GRAPHQL_JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", HTML),
        ("text/csv", JSON),
        ("text/html;q=x", JSON),
    ],
)
def test_the_media_type_that_is_preferred(accept: str, chosen: str) -> None:
    assert preferred(accept, [GRAPHQL_JSON, JSON, HTML], otherwise=JSON) == chosen


async def test_errors_of_fields_are_200_and_of_documents_400_to_modern_clients(api: Api) -> None:
    modern = {"accept": GRAPHQL_JSON}
    field = await api.client.post(
        "/graphql", json={"query": "{ assets(first: 0) { totalCount } }"}, headers=modern
    )
    assert (field.status_code, field.json()["data"]) == (200, None)
    document = await api.client.post("/graphql", json={"query": "{ nothing }"}, headers=modern)
    assert (document.status_code, "data" in document.json()) == (400, False)
    assert document.headers["content-type"] == f"{GRAPHQL_JSON}; charset=utf-8"


async def test_operations_of_a_batch_do_not_disturb_each_other(api: Api) -> None:
    queries = [VERSION, "{ nothing }", "query A { datasetVersion }"]
    batch = [{"query": query, "operationName": "B" if "A" in query else None} for query in queries]
    answers = (await api.client.post("/graphql", json=batch)).json()
    assert answers[0] == {"data": {"datasetVersion": 0}} | {
        name: answers[0][name] for name in answers[0].keys() & {"extensions"}
    }
    assert [each["errors"][0]["extensions"]["code"] for each in answers[1:]] == ["BAD_USER_INPUT"] * 2


def _persisted(query: str) -> dict[str, object]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


async def test_a_query_is_sent_once_and_then_named_by_its_hash(api: Api) -> None:
    named = {"extensions": orjson.dumps(_persisted(VERSION)).decode()}
    unknown = await api.client.get("/graphql", params=named)
    assert unknown.json()["errors"][0] == {
        "message": "PersistedQueryNotFound",
        "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"},
    }
    assert unknown.headers["cache-control"] == "no-store"
    await api.client.post("/graphql", json={"query": VERSION, "extensions": _persisted(VERSION)})
    known = await api.client.get("/graphql", params=named)
    assert known.json()["data"] == {"datasetVersion": 0}
    assert known.headers["cache-control"] == "public, no-cache"


async def test_a_hash_of_something_else_is_refused(api: Api) -> None:
    body = {"query": "{ upstream }", "extensions": _persisted(VERSION)}
    answer = await api.client.post("/graphql", json=body)
    assert (answer.status_code, "not the SHA-256" in answer.text) == (400, True)
    malformed = {"extensions": {"persistedQuery": {"version": 2}}}
    assert (await api.client.post("/graphql", json=malformed)).status_code == 400


async def test_persisted_queries_can_be_off_and_the_oldest_go_first(sessions: Sessions) -> None:
    async with asked(sessions, OFFLINE.model_copy(update={"persisted_queries": 0})) as api:
        answer = await api.client.post("/graphql", json={"extensions": _persisted(VERSION)})
        assert answer.json()["errors"][0]["message"] == "PersistedQueryNotSupported"
    async with asked(sessions, OFFLINE.model_copy(update={"persisted_queries": 1})) as api:
        for query in (VERSION, "{ upstream }"):
            await api.client.post("/graphql", json={"query": query, "extensions": _persisted(query)})
        answers = [
            (await api.client.post("/graphql", json={"extensions": _persisted(query)})).json()
            for query in (VERSION, "{ upstream }")
        ]
        assert ["errors" in answer for answer in answers] == [True, False]


async def test_an_answer_is_called_unchanged_until_anything_in_it_changes(
    api: Api, sessions: Sessions
) -> None:
    params = {"query": "{ assets { nodes { uid price { stale } } } }"}
    first = await api.client.get("/graphql", params=params)
    known = {"if-none-match": first.headers["etag"]}
    again = await api.client.get("/graphql", params=params, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert "Accept" in again.headers["vary"]
    async with sessions.begin() as session:
        await make_asset(session, "bitcoin", price_usd=1)
    fresh = await api.client.get("/graphql", params=params, headers=known)
    assert (fresh.status_code, fresh.headers["etag"] == first.headers["etag"]) == (200, False)
    # Nothing is written, only time goes by: the price is stale now, and the answer is another one.
    impatient = OFFLINE.model_copy(update={"stale_after_seconds": 1})
    async with asked(sessions, impatient) as later:
        stale = await later.client.get(
            "/graphql", params=params, headers={"if-none-match": fresh.headers["etag"]}
        )
        assert stale.status_code == 200
        assert stale.json()["data"]["assets"]["nodes"][0]["price"]["stale"] is True


async def test_rest_answers_are_validated_by_their_content_alone(api: Api) -> None:
    first = await api.client.get("/data")
    again = await api.client.get("/data", headers={"if-none-match": f'"other", {first.headers["etag"]}'})
    assert again.status_code == 304
    assert (await api.client.get("/health")).headers["cache-control"] == "no-store"
    assert (await api.client.get("/data/nothing")).headers["cache-control"] == "no-store"


async def test_answers_are_compressed_as_the_client_accepts(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for number in range(50):
            await make_asset(session, f"coin-{number}")
    body = {"query": "{ assets { nodes { uid name symbol } } }"}
    sizes: dict[str, int] = {}
    for encoding in ("identity", "gzip", "zstd"):
        request = api.client.build_request(
            "POST", "/graphql", json=body, headers={"accept-encoding": encoding}
        )
        answer = await api.client.send(request, stream=True)
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert "Accept-Encoding" in answer.headers["vary"]
        sizes[encoding] = len(raw)
        if encoding == "zstd":
            text = zstandard.ZstdDecompressor().decompressobj().decompress(raw)
            assert len(orjson.loads(text)["data"]["assets"]["nodes"]) == 50
    assert sizes["zstd"] < sizes["identity"] / 2
    assert sizes["gzip"] < sizes["identity"] / 2


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "PATCH"])
async def test_other_methods_are_told_which_there_are(api: Api, method: str) -> None:
    answer: httpx.Response = await api.client.request(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_the_page_comes_to_browsers_also_with_a_query_and_never_by_a_wildcard(api: Api) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = await api.client.get("/graphql", params={"query": VERSION}, headers=browser)
    assert page.headers["content-type"].startswith("text/html")
    program = await api.client.get("/graphql", params={"query": VERSION}, headers={"accept": "*/*"})
    assert program.json()["data"] == {"datasetVersion": 0}
