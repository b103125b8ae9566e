"""Prices in other currencies, each query by its JSON."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from models.db import Sessions
from tests.factories import AGO, NOW, make_asset, make_rate
from tests.integration.api.client import Api

PRICE = """query ($currency: String!) { asset(uid: "coin") { price(currency: $currency) {
    priceUsd currency amount rate rateAsOf reason } } }"""
OLD = NOW - timedelta(days=1)


@pytest.fixture
async def rates(sessions: Sessions) -> None:
    """A coin of a dollar and a half, and what a bitcoin buys."""
    async with sessions.begin() as session:
        await make_asset(session, "coin", price_usd=Decimal("1.500000000000000000000001"))
        await make_asset(session, "sleepy", price_method="none", price_confidence=0.0)
        await make_rate(session, "usd", "40000", observed_at=OLD)
        await make_rate(session, "usd", "60000")
        await make_rate(session, "eur", "55000")
        await make_rate(session, "eur", "1", observed_at=OLD)
        await make_rate(session, "btc", "1", kind="crypto", observed_at=OLD)
        await make_rate(session, "dem", "99", observed_at=OLD)


async def _price(api: Api, currency: str) -> dict[str, str | None]:
    data = await api.query(PRICE, currency=currency)
    return dict(data["asset"]["price"])


@pytest.mark.usefixtures("rates")
async def test_dollars_stay_as_they_are_to_the_last_digit(api: Api) -> None:
    exact = "1.500000000000000000000001"
    assert await _price(api, "USD") == {
        "priceUsd": exact,
        "currency": "usd",
        "amount": exact,
        "rate": "1",
        "rateAsOf": None,
        "reason": None,
    }


@pytest.mark.usefixtures("rates")
async def test_a_price_is_told_by_the_newest_rate(api: Api) -> None:
    assert await _price(api, " EUR ") == {
        "priceUsd": "1.500000000000000000000001",
        "currency": "eur",
        "amount": "1.375",
        "rate": "0.916666666666666667",
        "rateAsOf": (NOW - AGO).isoformat().replace("+00:00", "Z"),
        "reason": None,
    }


@pytest.mark.usefixtures("rates")
async def test_a_bitcoin_is_always_one_bitcoin(api: Api) -> None:
    price = await _price(api, "btc")
    assert price["amount"] == "0.0000250000000000000001"
    assert price["reason"] is None


@pytest.mark.usefixtures("rates")
async def test_nothing_is_told_by_an_old_rate(api: Api) -> None:
    price = await _price(api, "dem")
    assert (price["amount"], price["rate"]) == (None, None)
    assert price["reason"] == f"The newest rate of dem is of {OLD.isoformat()[:19]}Z: too old to convert by."


@pytest.mark.usefixtures("rates")
async def test_a_price_that_is_not_known_has_no_amount(api: Api) -> None:
    data = await api.query("""{ asset(uid: "sleepy") { price(currency: "eur") { amount reason } } }""")
    assert data["asset"]["price"] == {
        "amount": None,
        "reason": "No quote was fresh enough: `inputs` say why.",
    }


@pytest.mark.usefixtures("rates")
@pytest.mark.parametrize("currency", ["doge", "", "a" * 10_000, "é", "'; DROP TABLE assets; --"])
async def test_an_unknown_currency_is_told_those_there_are(api: Api, currency: str) -> None:
    code, message = await api.refused(PRICE, currency=currency)
    assert code == "BAD_USER_INPUT"
    assert message.endswith("Known are: btc, dem, eur, usd.")
    assert len(message) < 200


@pytest.mark.usefixtures("rates")
async def test_a_currency_with_a_nul_is_refused(api: Api) -> None:
    code, message = await api.refused(PRICE, currency="e\0r")
    assert (code, "NUL" in message) == ("BAD_USER_INPUT", True)


async def test_before_any_rates_there_is_a_reason(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make_asset(session, "coin", price_usd=Decimal(1))
    assert (await _price(api, "eur"))["reason"] == "No source has told any currency rates yet."
    assert (await _price(api, "usd"))["amount"] == "1"
    assert await api.query("{ currencies { code } }") == {"currencies": []}


async def test_without_the_dollars_rate_nothing_is_converted(api: Api, sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await make_asset(session, "coin", price_usd=Decimal(1))
        await make_rate(session, "eur", "55000")
    price = await _price(api, "eur")
    assert price["amount"] is None
    assert price["reason"] == "No rate of the US dollar is known to convert from."
    data = await api.query("{ currencies { code unitsPerUsd asOf stale } }")
    assert data["currencies"] == [{"code": "eur", "unitsPerUsd": None, "asOf": None, "stale": True}]


@pytest.mark.usefixtures("rates")
async def test_currencies_come_by_code_with_their_newest_rates(api: Api) -> None:
    data = await api.query("{ currencies { code name kind unitsPerUsd stale source } }")
    assert [(each["code"], each["stale"]) for each in data["currencies"]] == [
        ("btc", False),
        ("dem", True),
        ("eur", False),
        ("usd", False),
    ]
    assert data["currencies"][2] == {
        "code": "eur",
        "name": "Eur",
        "kind": "fiat",
        "unitsPerUsd": "0.916666666666666667",
        "stale": False,
        "source": "coingecko",
    }
    assert data["currencies"][3]["unitsPerUsd"] == "1"
    assert (await api.refused("{ currencies(first: 0) { code } }"))[0] == "BAD_USER_INPUT"
