"""Subscriptions on real sockets: what is told, to whom, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from graphql_api import subscriptions
from graphql_api.context import Context
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.outcomes import RunOutcome
from models.store.runs import finish_run, start_run
from models.tables import Run
from tests.factories import NOW, make_asset, publish
from tests.integration.api.client import OFFLINE
from tests.integration.api.subscribing import (
    PRICES,
    Talk,
    events,
    greeted,
    publish_prices,
    serving,
    talk,
)

RUN_UPDATES = "subscription { runUpdates { flow outcome durationSeconds } }"
SOON = NOW + timedelta(minutes=1)


@pytest.fixture
def settings() -> ApiSettings:
    """The settings that the API is served with."""
    return OFFLINE


@pytest.fixture
async def url(sessions: Sessions, database_url: str, settings: ApiSettings) -> AsyncIterator[str]:
    """The API on a socket, over three published coins."""
    async with sessions.begin() as session:
        for uid, cap in (("bitcoin", 3), ("ethereum", 2), ("tether", 1)):
            await make_asset(session, uid, price_usd="1", market_cap_usd=cap)
        await publish(session, version=1)
    with serving(database_url, settings) as served_at:
        yield served_at


async def test_who_asks_for_some_is_told_of_these(url: str, sessions: Sessions) -> None:
    async with greeted(url) as one, greeted(url) as other:
        await one.subscribe(uids=["ethereum", "tether"])
        await other.subscribe()
        await _settled(one, other)
        await publish_prices(sessions, SOON, bitcoin="2")
        assert (await other.next())["priceUpdates"]["assets"] == [{"uid": "bitcoin"}]
        await publish_prices(sessions, SOON + timedelta(seconds=1), tether="3", bitcoin="4")
        assert (await other.next())["priceUpdates"]["assets"] == [{"uid": "bitcoin"}, {"uid": "tether"}]
        told = (await one.next())["priceUpdates"]
        assert told == {"datasetVersion": 3, "changed": 1, "assets": [{"uid": "tether"}]}


async def _settled(*talks: Talk) -> None:
    """Wait until every subscription stands: an operation after it on the same socket has been answered."""
    for each in talks:
        await each.subscribe("{ upstream }", id="settled")
        kinds = {(await each.hear())["type"] for _ in range(2)}
        assert kinds == {"next", "complete"}
    await asyncio.sleep(0.3)


async def test_what_many_asked_for_is_read_once_and_told_to_each(
    url: str, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    before = subscriptions._changed_since  # noqa: SLF001 - what is counted

    async def counted(context: Context, moment: datetime, uids: list[str] | None, first: int) -> object:
        read.append(uids)
        return await before(context, moment, uids, first)

    async with AsyncExitStack() as stack:
        many = [await stack.enter_async_context(greeted(url)) for _ in range(8)]
        for number, one in enumerate(many):
            await one.subscribe(uids=["tether"] if number % 2 else None)
        await _settled(*many)
        monkeypatch.setattr(subscriptions, "_changed_since", counted)
        await publish_prices(sessions, SOON, bitcoin="2", tether="3")
        told = [(await one.next())["priceUpdates"]["assets"] for one in many]
    assert told == [[{"uid": "bitcoin"}, {"uid": "tether"}], [{"uid": "tether"}]] * 4
    assert sorted(read, key=str) == [None, ["tether"]]


async def test_who_leaves_takes_nothing_from_those_who_are_told_the_same(
    url: str, sessions: Sessions
) -> None:
    async with greeted(url) as stays:
        async with greeted(url) as leaves:
            await leaves.subscribe()
            await stays.subscribe()
            await _settled(leaves, stays)
            await publish_prices(sessions, SOON, bitcoin="2")
            await asyncio.sleep(subscriptions.READERS_FIRST_SECONDS / 2)
        assert (await stays.next())["priceUpdates"]["assets"] == [{"uid": "bitcoin"}]


async def test_who_comes_back_is_told_what_was_missed(url: str, sessions: Sessions) -> None:
    await publish_prices(sessions, SOON, bitcoin="2")
    query = (
        "subscription ($since: DateTime) { priceUpdates(since: $since, first: 1) { changed assets { uid } } }"
    )
    async with greeted(url) as one:
        await one.subscribe(query, since=(SOON - timedelta(seconds=1)).isoformat())
        assert await one.next() == {"priceUpdates": {"changed": 1, "assets": [{"uid": "bitcoin"}]}}


async def test_a_message_shows_one_version_with_everything_below(url: str, sessions: Sessions) -> None:
    query = "subscription { priceUpdates(first: 1) { changed assets { uid price { priceUsd } quotes { source } } } }"
    async with greeted(url) as one:
        await one.subscribe(query)
        await _settled(one)
        for number in range(2, 5):
            await publish_prices(sessions, SOON + timedelta(seconds=number), bitcoin=f"{number}", tether="9")
            told = (await one.next())["priceUpdates"]
            assert told["changed"] == 2
            assert told["assets"] == [{"uid": "bitcoin", "price": {"priceUsd": f"{number}"}, "quotes": []}]


async def test_runs_are_told_as_they_begin_and_end(url: str, sessions: Sessions) -> None:
    async with greeted(url) as one:
        await one.subscribe(RUN_UPDATES)
        await _settled(one)
        run = Run(flow="unify", outcome=RunOutcome.RUNNING, started_at=NOW)
        async with sessions.begin() as session:
            run_id = await start_run(session, run)
        assert (await one.next())["runUpdates"]["outcome"] == "RUNNING"
        async with sessions.begin() as session:
            await finish_run(session, run_id, RunOutcome.SUCCESS, NOW + timedelta(seconds=3))
        assert await one.next() == {
            "runUpdates": {"flow": "unify", "outcome": "SUCCESS", "durationSeconds": 3.0}
        }


async def test_server_sent_events_say_the_same(url: str, sessions: Sessions) -> None:
    async with events(url, PRICES, uids=["bitcoin"]) as told:
        await asyncio.sleep(0.5)
        await publish_prices(sessions, SOON, bitcoin="2", tether="2")
        event, data = await anext(told)
    assert event == "next"
    assert data["data"]["priceUpdates"] == {"datasetVersion": 2, "changed": 1, "assets": [{"uid": "bitcoin"}]}


async def test_a_query_is_streamed_only_to_who_reads_nothing_else(url: str) -> None:
    async with events(url, "{ datasetVersion }") as told:
        assert [event async for event, _ in told] == ["next", "complete"]
    both = {
        "accept": "application/graphql-response+json, application/json, text/event-stream, multipart/mixed"
    }
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{url}/graphql", json={"query": "{ datasetVersion }"}, headers=both)
    assert answer.headers["content-type"].startswith("application/graphql-response+json")


async def test_who_can_read_one_answer_alone_is_told_where_to_subscribe(url: str) -> None:
    async with httpx.AsyncClient(headers={"accept": "application/json"}) as client:
        for answer in (
            await client.post(f"{url}/graphql", json={"query": PRICES}),
            await client.get(f"{url}/graphql", params={"query": PRICES}),
        ):
            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == "BAD_USER_INPUT"
            assert "accept text/event-stream" in error["message"]


async def test_multipart_as_apollo_asks_for_it(url: str, sessions: Sessions) -> None:
    headers = {"accept": "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"}
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("POST", f"{url}/graphql", json={"query": PRICES}, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("multipart/mixed;boundary=graphql")
        await asyncio.sleep(0.5)
        await publish_prices(sessions, SOON, bitcoin="2")
        async for line in answer.aiter_lines():
            if "payload" in line:
                assert json.loads(line)["payload"]["data"]["priceUpdates"]["changed"] == 1
                break


@pytest.mark.parametrize(
    ("query", "variables", "code", "said"),
    [
        (PRICES, {"uids": ["bitcoin", "nonesuch"]}, "NOT_FOUND", "no asset 'nonesuch'"),
        (PRICES, {"uids": []}, "BAD_USER_INPUT", "1 to 250, got 0"),
        ("subscription { priceUpdates(first: 0) { changed } }", {}, "BAD_USER_INPUT", "1 to 250, got 0"),
        ("subscription { nothing }", {}, "BAD_USER_INPUT", "Cannot query field 'nothing'"),
        ("subscription {", {}, "BAD_USER_INPUT", "Syntax Error"),
        ('mutation { triggerRun(source: "acme") { __typename } }', {}, "BAD_USER_INPUT", "with POST"),
        ("{" + "a " * 2000 + "}", {}, "TOO_COMPLEX", "more than"),
        (
            "subscription { priceUpdates(first: 250) { assets { history(first: 250) { priceUsd source sourceId } } } }",
            {},
            "TOO_COMPLEX",
            "The request costs",
        ),
    ],
)
async def test_a_refused_operation_leaves_the_socket_open(
    url: str, query: str, variables: dict[str, Any], code: str, said: str
) -> None:
    async with greeted(url) as one:
        await one.subscribe(query, **variables)
        got, message = await one.refused()
        assert got == code
        assert said in message
        await one.subscribe("{ datasetVersion }")
        assert await one.next() == {"datasetVersion": 1}


@pytest.mark.parametrize(
    "message",
    ["[]", "null", '"x"', "{}", '{"type": 1}', '{"type": "subscribe", "id": [], "payload": {"query": "{a}"}}',
     '{"type": "subscribe", "id": "1", "payload": {"query": 1}}', '{"type": "' + "x" * 5000 + '"}', "{",
     '{"type": "complete", "id": {}}'],
)  # fmt: skip
async def test_who_does_not_keep_to_the_protocol_is_left(url: str, message: str) -> None:
    async with greeted(url) as one:
        await one.socket.send(message)
        code, reason = await one.closed()
    assert code == 4400
    assert reason


async def test_bytes_and_an_older_protocol_are_refused(url: str) -> None:
    async with greeted(url) as one:
        await one.socket.send(b"\x00")
        assert (await one.closed())[0] == 4400
    async with talk(url, "graphql-ws") as other:
        assert (await other.closed())[0] == 4406


async def test_a_page_of_another_origin_gets_no_socket(url: str) -> None:
    with pytest.raises(Exception, match="HTTP 403"):
        async with talk(url, origin="https://example.org"):
            pass


KEYED = ApiSettings(**OFFLINE.model_dump() | {"api_keys": "ada:k1"})
FEW_SEATS = OFFLINE.model_copy(update={"subscription_connections": 2, "subscriptions_per_connection": 2})


@pytest.mark.parametrize("settings", [KEYED], ids=["keyed"])
async def test_the_key_is_in_the_greeting_or_in_the_handshake(url: str) -> None:
    async with greeted(url, **{"X-Api-Key": "k1"}) as one:
        await one.subscribe("{ datasetVersion }")
        assert await one.next() == {"datasetVersion": 1}
    async with talk(url, additional_headers={"x-api-key": "k1"}) as other:
        await other.greet()


@pytest.mark.parametrize("settings", [KEYED], ids=["keyed"])
@pytest.mark.parametrize(("payload", "said"), [({}, "needs a key"), ({"x-api-key": "k2"}, "is not one of")])
async def test_without_a_good_key_the_socket_is_closed(url: str, payload: dict[str, str], said: str) -> None:
    async with talk(url) as one:
        await one.say("connection_init", payload=payload)
        code, reason = await one.closed()
    assert code == 4403
    assert said in reason


@pytest.mark.parametrize("settings", [FEW_SEATS], ids=["few"])
async def test_who_comes_too_late_is_told_to_try_again(url: str) -> None:
    full = "Every connection for subscriptions is taken. Try again in a moment."
    async with greeted(url), greeted(url):
        async with talk(url) as third:
            assert await third.closed() == (1013, full)
        async with httpx.AsyncClient(headers={"accept": "text/event-stream"}) as client:
            answer = await client.post(f"{url}/graphql", json={"query": PRICES})
        assert answer.status_code == 503
        assert full in answer.text
    await asyncio.sleep(0.3)
    async with greeted(url):
        pass


@pytest.mark.parametrize("settings", [FEW_SEATS], ids=["few"])
async def test_a_connection_has_so_many_operations(url: str) -> None:
    async with greeted(url) as one:
        for number in range(3):
            await one.subscribe(id=str(number))
        code, message = await one.refused()
        assert code == "RATE_LIMITED"
        assert message.startswith("One connection has 2 operations at most")
        await one.say("complete", id="0")
        await asyncio.sleep(0.3)
        await one.subscribe("{ datasetVersion }", id="0")
        assert await one.next("0") == {"datasetVersion": 1}


async def test_who_says_nothing_is_left(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphql_api.transport.view.GREETING", timedelta(seconds=0.2))
    with serving(database_url, OFFLINE) as url:
        async with talk(url) as one:
            code, _ = await one.closed()
    assert code == 4408
