"""Answers about the past, as providers write them on their bad days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from flows.days import Days
from flows.errors import Fatal, RetryNow, SourceError
from flows.history.charts import Chart, chart_of
from flows.sources import coincap, coingecko, coinpaprika
from flows.sources.contract import Fetched, History, Source

DAYS = Days(date(2026, 6, 24), date(2026, 6, 26))
FETCHED_AT = datetime(2026, 6, 27, 9, 50, tzinfo=UTC)
MIDNIGHTS = [1782259200000, 1782345600000, 1782432000000]
"""The three days' first moments, in milliseconds."""
PROVIDERS = [coingecko.SOURCE, coinpaprika.SOURCE, coincap.SOURCE.provider]


def _history(source: Source) -> History:
    assert source.history is not None
    return source.history


def _chart(source: Source, body: object) -> Chart:
    history = _history(source)
    text = body if isinstance(body, bytes) else orjson.dumps(body)
    request = history.request("a/b c", DAYS)
    return chart_of(source.name, history, Fetched(text, FETCHED_AT), request, "a/b c", DAYS)


def _told(chart: Chart) -> list[tuple[Any, ...]]:
    return [(p.observed_at.day, p.price_usd, p.market_cap_usd, p.volume_usd_24h) for p in chart.points]


def _reasons(chart: Chart) -> list[str]:
    return [reject.reason for reject in chart.rejects]


def test_requests_say_days_as_each_provider_understands_them() -> None:
    asked = [_history(source).request("a/b c", DAYS) for source in PROVIDERS]
    assert [request.key for request in asked] == [
        "/coins/a%2Fb%20c/market_chart/range?from=1782259200&precision=full&to=1782518400&vs_currency=usd",
        "/tickers/a%2Fb%20c/historical?end=2026-06-27&interval=1d&limit=5000&quote=usd&start=2026-06-24",
        "/assets/a%2Fb%20c/history?end=1782518400000&interval=d1&start=1782259200000",
    ]


def test_coingecko_is_put_together_by_moment_and_its_nulls_stay_nulls() -> None:
    first, second, third = MIDNIGHTS
    body = {
        "prices": [
            [first, 1.2e-11],
            [second, None],
            [third, 3],
            [third + 86_400_000 - 1, 4],
            [third + 10**8, 5],
        ],
        "market_caps": [[second, 7], [first, None], [third, 0]],
        "total_volumes": [[third, 9], [first, 0]],
        "extra": [],
    }
    chart = _chart(coingecko.SOURCE, body)
    assert _told(chart) == [
        (24, Decimal("1.2E-11"), None, Decimal(0)),
        (26, Decimal(3), None, Decimal(9)),
        (26, Decimal(4), None, None),
    ]
    assert _reasons(chart) == ["no_price"]


def test_coingeckos_last_point_is_now_and_no_days_close() -> None:
    now = int(FETCHED_AT.timestamp() * 1000) + 715
    chart = _chart(coingecko.SOURCE, {"prices": [[MIDNIGHTS[2], 1], [now, 2]]})
    assert _told(chart) == [(26, Decimal(1), None, None)]
    assert _reasons(chart) == []


def test_coinpaprikas_empty_texts_nulls_and_zeros() -> None:
    rows = [
        {"timestamp": "2026-06-24T00:00:00Z", "price": 5, "volume_24h": "", "market_cap": 0},
        {"timestamp": "2026-06-25T00:00:00Z", "price": None, "volume_24h": 1, "market_cap": 1},
        {"timestamp": "2026-06-26T00:00:00Z", "price": 0, "volume_24h": 1, "market_cap": 1},
        {"timestamp": "", "price": 1, "volume_24h": 1, "market_cap": 1},
        {"timestamp": "2026-06-26T00:00:00Z", "price": 6.5, "volume_24h": 12, "market_cap": 34, "new": [1]},
        "a text",
    ]
    chart = _chart(coinpaprika.SOURCE, rows)
    assert _told(chart) == [(24, Decimal(5), None, None), (26, Decimal("6.5"), Decimal(34), Decimal(12))]
    assert _reasons(chart) == ["no_price", "no_price", "not_a_time", "malformed"]
    assert chart.drift == {"new": "[1]"}


def test_coincaps_floats_of_18_decimals_and_both_spellings_of_time() -> None:
    rows = [
        {"priceUsd": "0.999700000000000033", "time": MIDNIGHTS[0], "circulatingSupply": "1", "date": "x"},
        {"priceUsd": "68012.110000000000582077", "time": MIDNIGHTS[1] // 1000, "date": "x"},
        {"priceUsd": None, "time": MIDNIGHTS[2], "circulatingSupply": 1},
    ]
    chart = _chart(coincap.SOURCE.provider, {"timestamp": MIDNIGHTS[2], "data": rows})
    assert _told(chart) == [(24, Decimal("0.9997"), None, None), (25, Decimal("68012.11"), None, None)]
    assert _reasons(chart) == ["no_price"]
    assert chart.drift == {}


@pytest.mark.parametrize("source", PROVIDERS, ids=lambda source: source.name)
@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        (b"<html>", RetryNow),
        (b'{"prices": [[1', RetryNow),
        ({"data": 5, "prices": 5}, Fatal),
        ({"prices": [[1]], "data": {"message": "gone"}}, Fatal),
        ({"error": "coin not found"}, SourceError),
        (None, Fatal),
    ],
)
def test_a_body_that_is_no_history_is_named_by_its_remedy(
    source: Source, body: object, remedy: type[SourceError]
) -> None:
    with pytest.raises(remedy):
        _chart(source, body)


@pytest.mark.parametrize("source", PROVIDERS, ids=lambda source: source.name)
def test_an_answer_is_kept_raw_under_its_listing_and_days(source: Source) -> None:
    body = {"prices": [], "data": []} if source.name != "coinpaprika" else []
    chart = _chart(source, body)
    assert (chart.raw.feed, chart.raw.record_id) == ("history", "a/b c 2026-06-24..2026-06-26")
    assert orjson.loads(chart.raw.payload) == body
    assert chart.points == []


def test_every_request_may_ask_for_a_year() -> None:
    assert all(_history(source).longest >= 366 >= _history(source).shortest for source in PROVIDERS)
