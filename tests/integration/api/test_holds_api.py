"""Held quotes over the API: listed, told beside what they would replace, and released by admins."""

from __future__ import annotations

import pytest

from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.outcomes import HoldState
from tests.factories import NOW, make_asset, make_hold, make_points, make_quoted, publish
from tests.integration.api.client import OFFLINE, Api, asked

RELEASE = """mutation ($id: ID!) { releaseQuote(id: $id, note: "a new unit") {
    heldQuote { state settledBy settledBecause settledAt asset { uid } } run { name } warning } }"""
REJECT = """mutation ($id: ID!) { rejectQuote(id: $id, note: "cents") {
    heldQuote { state settledBy settledBecause wentBackAt } } }"""
HELD = """query ($source: String, $state: HoldState) { heldQuotes(source: $source, state: $state) { totalCount nodes {
    id source sourceId reason detail priceUsd knownUsd timesSeen state settledBy asset { uid } } } }"""


@pytest.fixture
async def held(sessions: Sessions) -> str:
    """A coin with a quote that waits; its id."""
    async with sessions.begin() as session:
        coin = await make_asset(session, "frax", price_usd=1)
        listing = await make_quoted(session, coin, "coingecko", "frax", "1", held_because="100 times")
        await make_points(session, listing, [(NOW, "1")])
        hold = await make_hold(session, listing, "100")
        await make_hold(session, listing, "50", state=HoldState.WITHDRAWN, settled_at=NOW, first_seen_at=NOW)
        await publish(session)
    return str(hold.id)


async def test_what_is_held_is_listed_with_its_coin(api: Api, held: str) -> None:
    (told,) = (await api.query(HELD, state="HELD"))["heldQuotes"]["nodes"]
    assert told == {
        "id": held, "source": "coingecko", "sourceId": "frax", "reason": "JUMP", "priceUsd": "100", "knownUsd": "1",
        "detail": "its price is 100 times its recent median of 1 US dollars", "timesSeen": 1, "state": "HELD",
        "settledBy": None, "asset": {"uid": "frax"},
    }  # fmt: skip
    assert (await api.query(HELD))["heldQuotes"]["totalCount"] == 2
    assert (await api.query(HELD, source="coinpaprika"))["heldQuotes"]["totalCount"] == 0


@pytest.mark.usefixtures("held")
async def test_a_quote_says_why_it_has_no_newer_one_and_its_source_how_many(api: Api) -> None:
    data = await api.query(
        """{ asset(uid: "frax") { quotes { priceUsd heldBecause } } sources { totals { held } } }"""
    )
    assert data["asset"]["quotes"] == [{"priceUsd": "1", "heldBecause": "100 times"}]
    assert data["sources"] == [{"totals": {"held": 1}}]
    (source,) = (await api.get("/stats/sources"))["sources"]
    assert source["held"] == 1


async def test_an_admin_releases_it_once(api: Api, held: str) -> None:
    done = (await api.query(RELEASE, id=held))["releaseQuote"]
    settled = done["heldQuote"]
    assert settled.pop("settledAt") is not None
    assert settled == {
        "state": "RELEASED", "settledBy": "local", "settledBecause": "a new unit", "asset": {"uid": "frax"},
    }  # fmt: skip
    assert "prices follow with the next run" in done["warning"], "no Prefect server answers here"
    code, told = await api.refused(RELEASE, id=held)
    assert (code, told) == ("CONFLICT", f"Held quote {held} waits no more: it is released already.")


async def test_an_admin_rejects_it_and_it_stays_visible(api: Api, held: str) -> None:
    done = (await api.query(REJECT, id=held))["rejectQuote"]
    assert done["heldQuote"] == {
        "state": "REJECTED", "settledBy": "local", "settledBecause": "cents", "wentBackAt": None,
    }  # fmt: skip
    (told,) = (await api.query(HELD, state="REJECTED"))["heldQuotes"]["nodes"]
    assert told["id"] == held
    assert (await api.refused(REJECT, id=held))[0] == "CONFLICT"
    assert (await api.query("{ sources { totals { held } } }"))["sources"] == [{"totals": {"held": 1}}]


@pytest.mark.parametrize("wish", [RELEASE, REJECT])
@pytest.mark.parametrize(
    ("hold_id", "code"), [("77", "NOT_FOUND"), ("9" * 30, "NOT_FOUND"), ("first", "BAD_USER_INPUT")]
)
async def test_what_is_not_there_is_not_settled(api: Api, wish: str, hold_id: str, code: str) -> None:
    assert (await api.refused(wish, id=hold_id))[0] == code


async def test_only_admins_settle_and_under_the_name_of_their_key(sessions: Sessions, held: str) -> None:
    settings = ApiSettings(**OFFLINE.model_dump(exclude={"admin_keys"}), admin_keys="alice:first,bob:second")
    async with asked(sessions, settings) as api:
        for wish in (RELEASE, REJECT):
            assert (await api.refused(wish, id=held))[0] == "UNAUTHENTICATED"
        api.client.headers["x-api-key"] = "second"
        assert (await api.query(RELEASE, id=held))["releaseQuote"]["heldQuote"]["settledBy"] == "bob"
