"""Admins ask over GraphQL to be told of prices, look at what was told, and take it back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from graphql_api.settings import ApiSettings
from models.alerts import Notice
from models.db import Sessions
from models.outcomes import NotificationKind
from models.store.outbox import post
from models.tables import FxRate
from tests.factories import NOW, make_asset, make_source, publish
from tests.integration.api.client import OFFLINE, Api, asked

FIELDS = (
    "{ id condition value window currency note notify state timesFired lastFiredAt createdBy asset { uid } }"
)
CREATE = f"""mutation ($uid: String! = "bitcoin", $condition: AlertCondition! = ABOVE, $value: Decimal! = "65000",
    $window: ChangeWindow, $currency: String! = "usd", $note: String, $notify: [String!]) {{
    createPriceAlert(uid: $uid, condition: $condition, value: $value, window: $window, currency: $currency, note: $note,
        notify: $notify) {FIELDS} }}"""
LIST = f"query ($uid: String) {{ priceAlerts(uid: $uid) {{ totalCount nodes {FIELDS} }} }}"
TOLD = "{ notifications(first: 5) { totalCount nodes { kind title body state attempts alertId runId notify dueAt settledAt error } } }"


@pytest.fixture(autouse=True)
async def market(sessions: Sessions) -> None:
    """Two coins, one of which was merged into the other, and rates of two currencies."""
    async with sessions.begin() as session:
        bitcoin = await make_asset(session, "bitcoin", price_usd=Decimal(64_000))
        await make_asset(session, "ethereum", price_usd=Decimal(1_500))
        await make_asset(session, "old-bitcoin", successor_id=bitcoin.id, retired_at=NOW)
        await make_source(session, "coingecko")
        for code, units in (("usd", 64_000), ("eur", 60_000)):
            told = {"code": code, "name": code, "kind": "fiat", "units_per_btc": units}
            session.add(FxRate.model_validate({"observed_at": NOW, "source": "coingecko", **told}))
        await publish(session)


async def create(api: Api, **said: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Make an alert, and return what is answered."""
    return dict((await api.query(CREATE, **said))["createPriceAlert"])


async def test_an_alert_is_made_listed_and_deleted(api: Api) -> None:
    made = await create(api, value="65000.10", note="sell")
    assert made | {"id": ""} == {
        "id": "", "condition": "ABOVE", "value": "65000.10", "window": None, "currency": "usd", "note": "sell",
        "notify": None,
        "state": "ARMED", "timesFired": 0, "lastFiredAt": None, "createdBy": "local", "asset": {"uid": "bitcoin"},
    }  # fmt: skip
    fall = await create(api, uid="ethereum", condition="CHANGE_PCT", value="-5", window="H24")
    assert (fall["window"], fall["value"]) == ("H24", "-5")
    listed = (await api.query(LIST))["priceAlerts"]
    assert listed == {"totalCount": 2, "nodes": [fall, made]}
    assert (await api.query(LIST, uid="ethereum"))["priceAlerts"]["nodes"] == [fall]
    delete = "mutation ($id: ID!) { deletePriceAlert(id: $id) { id } }"
    assert await api.query(delete, id=made["id"]) == {"deletePriceAlert": {"id": made["id"]}}
    assert (await api.query(LIST))["priceAlerts"]["nodes"] == [fall]
    code, told = await api.refused(delete, id=made["id"])
    assert code == "NOT_FOUND"
    assert "`priceAlerts` lists them" in told


async def test_a_uid_that_was_given_up_means_its_successor(api: Api) -> None:
    made = await create(api, uid="old-bitcoin", currency=" EUR ")
    assert (made["asset"], made["currency"]) == ({"uid": "bitcoin"}, "eur")
    for uid in ("bitcoin", "old-bitcoin"):
        assert (await api.query(LIST, uid=uid))["priceAlerts"]["nodes"] == [made]
    assert (await api.query(LIST, uid="nothing"))["priceAlerts"]["nodes"] == []


async def test_an_alert_tells_whom_it_names(api: Api) -> None:
    assert (await create(api))["notify"] is None
    assert (await create(api, notify=["ops", "me", "ops"]))["notify"] == ["ops", "me"]


async def test_pages_of_alerts_join_up(api: Api) -> None:
    ids = [(await create(api))["id"] for _ in range(5)]
    page = "query ($after: String) { priceAlerts(first: 2, after: $after) { nodes { id } pageInfo { endCursor hasNextPage } } }"
    seen: list[str] = []
    after, more = None, True
    while more:
        found = (await api.query(page, after=after))["priceAlerts"]
        seen += [node["id"] for node in found["nodes"]]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    assert seen == ids[::-1]


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"uid": "nothing"}, "NOT_FOUND", "no asset 'nothing'"),
    ({"value": "0"}, "BAD_USER_INPUT", "A price to wait for lies from"),
    ({"value": "-1"}, "BAD_USER_INPUT", "A price to wait for lies from"),
    ({"value": "1e150"}, "BAD_USER_INPUT", "A price to wait for lies from"),
    ({"value": "0." + "1" * 60}, "BAD_USER_INPUT", "40 digits at most"),
    ({"value": "NaN"}, "BAD_USER_INPUT", "not a decimal number"),
    ({"window": "H1"}, "BAD_USER_INPUT", "Only a change has a window"),
    ({"condition": "CHANGE_PCT", "value": "5"}, "BAD_USER_INPUT", "needs its window: 1h, 24h or 7d"),
    ({"condition": "CHANGE_PCT", "value": "-100", "window": "D7"}, "BAD_USER_INPUT", "above -100 %"),
    ({"condition": "CHANGE_PCT", "value": "5", "window": "D7", "currency": "eur"}, "BAD_USER_INPUT", "US dollars"),
    ({"currency": "euro"}, "BAD_USER_INPUT", "no rate of 'euro' here. Did you mean eur"),
    ({"notify": []}, "BAD_USER_INPUT", "names 1 to 10 addresses"),
    ({"notify": ["ops"] * 11}, "BAD_USER_INPUT", "names 1 to 10 addresses"),
    ({"notify": ["slack://T/B/C"]}, "BAD_USER_INPUT", "no address's name"),
    ({"note": "a\0b"}, "BAD_USER_INPUT", "no text"),
    ({"note": "x" * 1_001}, "BAD_USER_INPUT", "1000 characters at most"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "code", "told"), REFUSED)
async def test_alerts_that_make_no_sense_are_refused(
    api: Api, said: dict[str, Any], code: str, told: str
) -> None:
    got, message = await api.refused(CREATE, **said)
    assert got == code
    assert told in message
    assert (await api.query(LIST))["priceAlerts"]["nodes"] == []


async def test_what_was_told_is_shown_newest_first(api: Api, sessions: Sessions) -> None:
    made = await create(api)
    kinds = NotificationKind
    async with sessions.begin() as session:
        alert = Notice("alert:1:1", kinds.PRICE_ALERT, "Bitcoin", "is above", alert_id=int(made["id"]))
        await post(session, [alert, alert], NOW - timedelta(hours=1))
        await post(session, [Notice("run:1", kinds.RUN_FAILED, "Run 1 failed", "no source answered")], NOW)
    told = (await api.query(TOLD))["notifications"]
    assert told["totalCount"] == 2
    assert [(one["kind"], one["state"], one["alertId"]) for one in told["nodes"]] == [
        ("RUN_FAILED", "PENDING", None),
        ("PRICE_ALERT", "PENDING", made["id"]),
    ]
    assert told["nodes"][0]["body"] == "no source answered"


KEYS = ApiSettings(
    api_keys="reader:read-key", admin_keys="anna:admin-key", prefect_api_url=OFFLINE.prefect_api_url
)


@pytest.mark.parametrize("document", [CREATE, LIST, TOLD, 'mutation { deletePriceAlert(id: "1") { id } }'])
async def test_only_admins_may(sessions: Sessions, document: str) -> None:
    async with asked(sessions, KEYS) as api:
        api.client.headers["x-api-key"] = "read-key"
        assert (await api.refused(document))[0] == "FORBIDDEN"


async def test_an_alert_is_its_makers_and_its_answer_nobody_elses_to_keep(sessions: Sessions) -> None:
    open_to_all = KEYS.model_copy(update={"public_read": True})
    async with asked(sessions, open_to_all) as api:
        api.client.headers["x-api-key"] = "admin-key"
        assert (await create(api))["createdBy"] == "anna"
        query = {"query": "{ priceAlerts { nodes { createdBy } } }"}
        seen = await api.client.get("/graphql", params=query)
        assert seen.json()["data"]["priceAlerts"]["nodes"] == [{"createdBy": "anna"}]
        assert seen.headers["cache-control"].startswith("private")
        del api.client.headers["x-api-key"]
        without = await api.client.get("/graphql", params=query)
        assert without.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        anybody = await api.client.get("/graphql", params={"query": "{ datasetVersion }"})
        assert anybody.headers["cache-control"].startswith("public")
