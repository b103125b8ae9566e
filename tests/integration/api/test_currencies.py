"""Prices in other currencies, each query by its JSON."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from models.db import Sessions
from tests.factories import AGO, NOW, make_asset, make_points, make_quoted, make_rate
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
async def test_a_slip_of_the_pen_is_told_what_was_meant(api: Api) -> None:
    _, message = await api.refused(PRICE, currency="EURO")
    assert message == "There is no currency 'EURO'. Did you mean eur? Known are: btc, dem, eur, usd."


CANDLES = """query ($currency: String!) { asset(uid: "coin") {
    candles(interval: D1, currency: $currency) {
        openedAt closeUsd currency open high low close rate rateAsOf } } }"""
NOON = NOW.replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
async def days(sessions: Sessions) -> None:
    """A coin with a price on each of six days; rates are known of the first two and of the last, a little later."""
    async with sessions.begin() as session:
        listing = await make_quoted(session, await make_asset(session, "coin"))
        await make_points(
            session, listing, [(NOON - timedelta(days=ago), f"{10 + ago}") for ago in range(1, 7)]
        )
        for ago, dollars, euros in ((6, 40_000, 20_000), (5, 50_000, 45_000), (1, 60_000, 90_000)):
            at = NOON - timedelta(days=ago) + (timedelta(minutes=1) if ago == 1 else -timedelta(hours=2))
            await make_rate(session, "usd", str(dollars), observed_at=at)
            await make_rate(session, "eur", str(euros), observed_at=at)
        await make_rate(session, "btc", "1", kind="crypto", observed_at=NOW)


@pytest.mark.usefixtures("days")
async def test_candles_are_told_by_the_rates_of_their_time(api: Api) -> None:
    candles = (await api.query(CANDLES, currency="EUR"))["asset"]["candles"]
    told = [(each["closeUsd"], each["rate"], each["close"], each["rateAsOf"]) for each in candles]
    known = [(NOON - timedelta(days=ago)).isoformat()[:10] for ago in (1, 5, 6)]
    assert told == [
        ("11", "1.5", "16.5", f"{known[0]}T12:01:00Z"),
        ("12", None, None, None),
        ("13", None, None, None),
        ("14", None, None, None),
        ("15", "0.9", "13.5", f"{known[1]}T10:00:00Z"),
        ("16", "0.5", "8", f"{known[2]}T10:00:00Z"),
    ]
    assert {each["currency"] for each in candles} == {"eur"}


@pytest.mark.usefixtures("days")
async def test_a_bitcoin_was_always_one_bitcoin(api: Api) -> None:
    candles = (await api.query(CANDLES, currency="btc"))["asset"]["candles"]
    assert [each["open"] and Decimal(each["open"]) * 40_000 for each in candles][-1] == 16


@pytest.mark.usefixtures("days")
async def test_candles_in_dollars_stay_as_they_are(api: Api) -> None:
    newest, *_ = (await api.query(CANDLES, currency=" USD"))["asset"]["candles"]
    assert [newest[name] for name in ("currency", "open", "high", "low", "close", "rate", "rateAsOf")] == [
        *("usd", "11", "11", "11", "11", "1", None)
    ]


@pytest.mark.usefixtures("days")
async def test_candles_in_an_unknown_currency_are_refused(api: Api) -> None:
    assert await api.refused(CANDLES, currency="eru") == (
        "BAD_USER_INPUT",
        "There is no currency 'eru'. Did you mean eur? Known are: btc, eur, usd.",
    )


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
