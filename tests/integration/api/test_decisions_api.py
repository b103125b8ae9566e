"""Curators at work over GraphQL: look at doubts, settle them, take it back."""

from __future__ import annotations

from typing import Any

import pytest

from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.outcomes import LinkState
from tests.factories import NOW, make_asset, make_link, make_points, make_quoted, publish
from tests.integration.api.client import OFFLINE, Api, asked

RESULT = "{ decision { id action uid otherUid note decidedBy undoneBy } asset { uid } run { name } warning }"
SHARE = {"source": "coinpaprika", "sourceId": "fxs-frax-share"}


@pytest.fixture
async def market(sessions: Sessions) -> None:
    """A coin of one source in doubt between its own asset and another's."""
    async with sessions.begin() as session:
        frax = await make_asset(session, "frax", price_usd=1)
        await make_quoted(session, frax, "coingecko", "frax", "1")
        other = await make_asset(session, "frax-share", price_usd=5)
        share = await make_quoted(session, other, "coinpaprika", "fxs-frax-share", "5")
        await make_points(session, share, [(NOW, "5")])
        doubt = {"state": LinkState.REVIEW, "score": 0.4, "method": "name", "reasons": ["names are close"]}
        await make_link(session, share, frax, **doubt)
        lost = await make_asset(session, "lost")
        await make_link(
            session, share, lost, state=LinkState.REJECTED, score=0.2, reasons=["frax fits better"]
        )
        await publish(session)


async def run(api: Api, mutation: str, **variables: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Decide something, and return what is answered."""
    types = {"note": "String", "newUid": "String", "listings": "[ListingRef!]!", "id": "ID!"}
    head = ", ".join(f"${name}: {types.get(name, 'String!')}" for name in variables)
    call = ", ".join(f"{name}: ${name}" for name in variables)
    data = await api.query(f"mutation ({head}) {{ {mutation}({call}) {RESULT} }}", **variables)
    return dict(data[mutation])


@pytest.mark.usefixtures("market")
async def test_the_queue_shows_the_doubt_with_both_assets(api: Api) -> None:
    data = await api.query("""{ reviewQueue(first: 5) { totalCount nodes { name symbol asset { uid price { priceUsd } }
        servedAs { uid } link { source sourceId state method score reasons decidedBy } } }
        none: reviewQueue(source: "coingecko") { nodes { name } } }""")
    (case,) = data["reviewQueue"]["nodes"]
    assert data["reviewQueue"]["totalCount"] == 1
    assert case["asset"] == {"uid": "frax", "price": {"priceUsd": "1"}}
    assert case["servedAs"] == {"uid": "frax-share"}
    assert case["link"] == {
        **SHARE, "state": "REVIEW", "method": "name", "score": 0.4, "reasons": ["names are close"], "decidedBy": "matcher",
    }  # fmt: skip
    assert data["none"]["nodes"] == []


@pytest.mark.usefixtures("market")
async def test_a_link_is_explained_with_the_candidates_that_lost(api: Api) -> None:
    ask = """query ($source: String!, $sourceId: String!) { explainLink(source: $source, sourceId: $sourceId) {
        name symbol accepted { asset { uid } link { method } } others { asset { uid } link { state score reasons } }
        earlier { asset { uid } link { state retiredBecause } } } }"""
    told = (await api.query(ask, **SHARE))["explainLink"]
    assert told["accepted"]["asset"] == {"uid": "frax-share"}
    assert told["others"] == [
        {"asset": {"uid": "frax"}, "link": {"state": "REVIEW", "score": 0.4, "reasons": ["names are close"]}},
        {
            "asset": {"uid": "lost"},
            "link": {"state": "REJECTED", "score": 0.2, "reasons": ["frax fits better"]},
        },
    ]
    assert told["earlier"] == []
    await run(api, "acceptLink", **SHARE, uid="frax")
    told = (await api.query(ask, **SHARE))["explainLink"]
    assert told["accepted"] == {"asset": {"uid": "frax"}, "link": {"method": "person"}}
    assert {(one["asset"]["uid"], one["link"]["retiredBecause"]) for one in told["earlier"]} == {
        ("frax", "accept by local"),
        ("frax-share", "accept by local"),
    }
    assert await api.query(ask, source="coinpaprika", sourceId="nobody") == {"explainLink": None}


@pytest.mark.usefixtures("market")
async def test_a_yes_holds_at_once_for_graphql_and_rest_and_history_follows(api: Api) -> None:
    done = await run(api, "acceptLink", **SHARE, uid="frax", note="one project")
    assert done["decision"] | {"id": ""} == {
        "id": "", "action": "ACCEPT", "uid": "frax", "otherUid": None, "note": "one project",
        "decidedBy": "local", "undoneBy": None,
    }  # fmt: skip
    assert done["asset"] == {"uid": "frax"}
    assert done["run"] is None
    assert "prices follow with the next run" in done["warning"], "no Prefect server answers here"
    data = await api.query("""{ asset(uid: "frax-share") { uid quotes { source } history { source priceUsd } }
        reviewQueue { nodes { name } } assets { nodes { uid } } }""")
    assert data["asset"]["uid"] == "frax"
    assert [quote["source"] for quote in data["asset"]["quotes"]] == ["coingecko", "coinpaprika"]
    assert data["asset"]["history"] == [{"source": "coinpaprika", "priceUsd": "5"}]
    assert data["reviewQueue"]["nodes"] == []
    assert "frax-share" not in [node["uid"] for node in data["assets"]["nodes"]]
    record = await api.get("/data/frax-share")
    assert record["asset_uid"] == "frax"
    assert [one["source"] for one in record["sources"]] == ["coingecko", "coinpaprika"]


@pytest.mark.usefixtures("market")
async def test_every_mutation_and_its_undoing(api: Api) -> None:
    merged = await run(api, "mergeAssets", uid="frax-share", intoUid="frax")
    assert merged["asset"] == {"uid": "frax"}
    split = await run(api, "splitAsset", uid="frax", listings=[SHARE], newUid="share-of-frax")
    assert split["asset"] == {"uid": "share-of-frax"}
    assert split["decision"]["otherUid"] == "share-of-frax"
    rejected = await run(api, "rejectLink", **SHARE, uid="lost")
    assert rejected["asset"] == {"uid": "lost"}
    listed = (await api.query("{ decisions { totalCount nodes { id action links { sourceId state } } } }"))[
        "decisions"
    ]
    assert [one["action"] for one in listed["nodes"]] == ["REJECT", "SPLIT", "MERGE"]
    assert listed["nodes"][0]["links"] == [{"sourceId": "fxs-frax-share", "state": "REJECTED"}]
    code, told = await api.refused(
        "mutation ($id: ID!) { undoDecision(id: $id) { warning } }", id=merged["decision"]["id"]
    )
    assert code == "CONFLICT"
    assert f"later {rejected['decision']['id']}, {split['decision']['id']}" in told
    for done in (rejected, split, merged):
        undone = await run(api, "undoDecision", id=done["decision"]["id"])
        assert undone["decision"]["undoneBy"] == "local"
    assert (await api.query('{ asset(uid: "frax-share") { uid } }'))["asset"] == {"uid": "frax-share"}


@pytest.mark.usefixtures("market")
async def test_each_mutation_of_one_request_shows_what_it_did(api: Api) -> None:
    data = await api.query("""mutation {
        a: mergeAssets(uid: "frax-share", intoUid: "frax") { asset { uid quotes { source } } }
        b: splitAsset(uid: "frax", listings: [{source: "coinpaprika", sourceId: "fxs-frax-share"}]) {
            decision { links { state } } asset { uid quotes { source } } } }""")
    assert [quote["source"] for quote in data["a"]["asset"]["quotes"]] == ["coingecko", "coinpaprika"]
    assert [link["state"] for link in data["b"]["decision"]["links"]] == ["ACCEPTED", "REJECTED"]
    assert data["b"]["asset"] == {"uid": "frax-share", "quotes": [{"source": "coinpaprika"}]}


REFUSED = {
    'acceptLink(source: "coinpaprika", sourceId: "nobody", uid: "frax")': (
        "NOT_FOUND",
        "no listing 'nobody'",
    ),
    'acceptLink(source: "coinpaprika", sourceId: "a\\u0000b", uid: "frax")': ("BAD_USER_INPUT", "no text"),
    'rejectLink(source: "coingecko", sourceId: "frax", uid: "frax")': ("BAD_USER_INPUT", "left empty"),
    'mergeAssets(uid: "nothing", intoUid: "frax")': ("NOT_FOUND", "no asset 'nothing'"),
    'mergeAssets(uid: "frax", intoUid: "frax")': ("BAD_USER_INPUT", "same asset"),
    'mergeAssets(uid: "lost", intoUid: "frax")': ("BAD_USER_INPUT", "no listing that could"),
    'splitAsset(uid: "frax", listings: [])': ("BAD_USER_INPUT", "must be 1 to 250"),
    'undoDecision(id: "first")': ("BAD_USER_INPUT", "whole number"),
    'undoDecision(id: "99999999999999999999999")': ("NOT_FOUND", "no decision"),
    'undoDecision(id: "77")': ("NOT_FOUND", "no decision 77"),
}


@pytest.mark.parametrize("call", REFUSED)
@pytest.mark.usefixtures("market")
async def test_what_cannot_be_is_refused_with_what_to_do(api: Api, call: str) -> None:
    code, told = await api.refused(f"mutation {{ {call} {{ warning }} }}")
    assert (code, told if REFUSED[call][1] not in told else REFUSED[call][1]) == REFUSED[call]
    assert (await api.query("{ decisions { totalCount } }"))["decisions"]["totalCount"] == 0


@pytest.mark.usefixtures("market")
async def test_an_overlong_note_is_refused(api: Api) -> None:
    code, told = await api.refused(
        'mutation ($note: String) { mergeAssets(uid: "frax", intoUid: "lost", note: $note) { warning } }',
        note="x" * 1001,
    )
    assert (code, "1000 characters" in told) == ("BAD_USER_INPUT", True)


@pytest.mark.usefixtures("market")
async def test_only_admins_decide_and_under_the_name_of_their_key(sessions: Sessions) -> None:
    settings = ApiSettings(**OFFLINE.model_dump(exclude={"admin_keys"}), admin_keys="alice:first,bob:second")
    merge = 'mutation { mergeAssets(uid: "frax-share", intoUid: "frax") { decision { decidedBy } } }'
    async with asked(sessions, settings) as api:
        assert (await api.refused(merge))[0] == "UNAUTHENTICATED"
        api.client.headers["x-api-key"] = "wrong"
        assert (await api.refused(merge))[0] == "FORBIDDEN"
        api.client.headers["x-api-key"] = "second"
        assert (await api.query(merge))["mergeAssets"] == {"decision": {"decidedBy": "bob"}}
