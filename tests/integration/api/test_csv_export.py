"""`/data.csv` through a real server: what `/data` says, whole, of one version, at the pace of its reader."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import psycopg
import pytest

from graphql_api.app import create_app
from graphql_api.context import EXPORTS_AT_ONCE
from graphql_api.rest import csv_export
from graphql_api.scalars import print_decimal
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.settings import DatabaseSettings
from tests.factories import (
    NOW,
    make_asset,
    make_listing,
    make_points,
    make_quote,
    make_quoted,
    make_rate,
    publish,
)
from tests.integration.api.client import OFFLINE
from tests.servers import served

MANY = """
    INSERT INTO sources (name, title, registered_at) VALUES ('many', 'Many', now()) ON CONFLICT DO NOTHING;
    INSERT INTO listings (source, source_id, symbol, name, created_at, updated_at)
        SELECT 'many', 'coin-' || n, 'C' || n, 'Coin number ' || n, now(), now() FROM generate_series(1, {rows}) n;
    INSERT INTO quotes (listing_id, price_usd, fetched_at)
        SELECT id, id + 0.000000000000000001, now() FROM listings WHERE source = 'many';
    INSERT INTO dataset_version (id, version, upstream, published_at) VALUES (1, 1, 'SANDBOX', now())
        ON CONFLICT DO NOTHING;
    ANALYZE listings, quotes
"""
PUBLICATION = """
    UPDATE quotes SET price_usd = 777;
    UPDATE dataset_version SET version = version + 1
"""
ROWS = 30_000


@pytest.fixture
async def market(sessions: Sessions) -> None:
    """Bitcoin at two sources, one of which has a name that a spreadsheet would calculate, and some history."""
    async with sessions.begin() as session:
        bitcoin = await make_asset(session, "bitcoin", rank=1)
        gecko = await make_quoted(
            session, bitcoin, "coingecko", "bitcoin", "64000.100000000000000001", rank=1
        )
        evil = await make_listing(session, "coinpaprika", "evil", name='=cmd|" /C calc"!A0', symbol="@SUM")
        await make_quote(session, evil, "0.000000001234", percent_change_24h=Decimal("-1.5"))
        days = [(NOW - timedelta(days=day), str(60_000 + day)) for day in range(5)]
        await make_points(session, gecko, days)
        await make_rate(session, "usd", "64000", observed_at=NOW)
        await make_rate(session, "eur", "48000", observed_at=NOW)
        await publish(session, version=3)


@pytest.fixture
def url(database_url: str) -> Iterator[str]:
    """The application at a port."""
    with served(create_app(OFFLINE, DatabaseSettings(database_url=database_url))) as url:
        yield url


def _rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline=""), strict=True))


def _as_cells(row: dict[str, Any]) -> dict[str, str]:
    return {
        name: print_decimal(value) if isinstance(value, Decimal) else str("" if value is None else value)
        for name, value in row.items()
    }


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize(
    "query",
    [
        "",
        "source=csv",
        "source=coingecko_api",
        "symbol=bit",
        "asset_name=BIT",
        "vs_currency=EUR",
        "limit=1",
        f"start_date={(NOW - timedelta(days=3)).date()}&end_date={(NOW - timedelta(days=2)).date()}",
    ],
)
def test_it_says_what_data_says(url: str, query: str) -> None:
    text = httpx.get(f"{url}/data?{query}").text
    said = json.loads(text, parse_float=Decimal, parse_int=Decimal)["data"]
    rows = _rows(httpx.get(f"{url}/data.csv?{query}"))
    without_guard = [{name: cell.removeprefix("'") for name, cell in row.items()} for row in rows]
    assert without_guard == [_as_cells(row) for row in said]


@pytest.mark.usefixtures("market")
def test_a_spreadsheet_calculates_nothing_and_loses_nothing(url: str) -> None:
    answer = httpx.get(f"{url}/data.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    first, second = _rows(answer)
    assert first["price_usd"] == "64000.100000000000000001"
    assert (second["name"], second["symbol"]) == ('\'=cmd|" /C calc"!A0', "'@SUM")
    assert (second["price_usd"], second["percent_change_24h"]) == ("0.000000001234", "-1.5")
    assert second["asset_uid"] == second["market_cap_usd"] == ""
    assert first["ingested_at"] == NOW.isoformat().replace("+00:00", "Z")


@pytest.mark.usefixtures("market")
def test_its_etag_is_of_the_dataset_version(url: str, database_url: str) -> None:
    first = httpx.get(f"{url}/data.csv")
    known = {"if-none-match": first.headers["etag"]}
    again = httpx.get(f"{url}/data.csv", headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert first.headers["x-dataset-version"] == "3"
    assert httpx.get(f"{url}/data.csv?symbol=bit", headers=known).status_code == 200
    head = httpx.head(f"{url}/data.csv")
    assert (head.status_code, head.headers["etag"]) == (200, first.headers["etag"])
    with psycopg.connect(database_url) as connection:
        connection.execute(PUBLICATION)
    assert httpx.get(f"{url}/data.csv", headers=known).status_code == 200


@pytest.mark.usefixtures("market")
def test_a_name_that_changes_between_publications_changes_the_etag(url: str, database_url: str) -> None:
    etag = httpx.get(f"{url}/data.csv").headers["etag"]
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE listings SET name = 'Other', updated_at = now() + interval '1 s' WHERE id = 1"
        )
    assert httpx.get(f"{url}/data.csv", headers={"if-none-match": etag}).status_code == 200


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize("query", ["vs_currency=eur", f"start_date={NOW.date()}"])
def test_what_changes_between_publications_has_none(url: str, query: str) -> None:
    headers = httpx.get(f"{url}/data.csv?{query}").headers
    assert ("etag" in headers, headers["cache-control"]) == (False, "no-store")


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "`limit` must be a whole number from 1 to 1000000"),
        ("vs_currency=eru", "Did you mean eur?"),
        ("start_date=x", "must be a day like"),
        ("symbol=a&symbol=b", "give it once"),
    ],
)
def test_what_cannot_be_is_refused_in_json(url: str, query: str, said: str) -> None:
    answer = httpx.get(f"{url}/data.csv?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    assert said in answer.json()["detail"]


@pytest.mark.usefixtures("market")
def test_more_than_there_may_be_is_refused_rather_than_cut(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_export, "EXPORTED_AT_MOST", 1)
    assert "more than 1 rows" in httpx.get(f"{url}/data.csv").json()["detail"]
    assert len(_rows(httpx.get(f"{url}/data.csv?limit=1"))) == 1


def test_an_empty_dataset_is_a_header(url: str) -> None:
    assert httpx.get(f"{url}/data.csv").text == csv_export.header()


@pytest.fixture
def many(database_url: str) -> None:
    """More rows than any buffer on the way holds."""
    with psycopg.connect(database_url) as connection:
        connection.execute(MANY.format(rows=ROWS))


@pytest.mark.usefixtures("many")
def test_all_of_it_is_of_the_version_it_began_with(url: str, database_url: str) -> None:
    with httpx.stream("GET", f"{url}/data.csv", headers={"accept-encoding": "identity"}) as answer:
        pieces = answer.iter_bytes()
        text = next(pieces)
        with psycopg.connect(database_url) as connection:
            connection.execute(PUBLICATION)
        text += b"".join(pieces)
    rows = list(csv.DictReader(io.StringIO(text.decode(), newline="")))
    assert len(rows) == ROWS
    assert "777" not in {row["price_usd"] for row in rows}
    assert len({row["external_id"] for row in rows}) == ROWS


@pytest.mark.usefixtures("many")
def test_a_reader_who_leaves_gives_the_turn_back(url: str) -> None:
    for _ in range(EXPORTS_AT_ONCE + 1):
        with httpx.stream("GET", f"{url}/data.csv", headers={"accept-encoding": "identity"}) as answer:
            next(answer.iter_bytes())
    assert httpx.get(f"{url}/data.csv?limit=1").is_success


@pytest.mark.usefixtures("many")
def test_who_finds_no_turn_is_told_when_to_come_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_export, "TURN_SECONDS", 1)
    with httpx.Client(headers={"accept-encoding": "identity"}) as client:
        reading = [client.stream("GET", f"{url}/data.csv") for _ in range(EXPORTS_AT_ONCE)]
        begun = [each.__enter__() for each in reading]
        refused = client.get(f"{url}/data.csv")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert "Others are reading" in refused.json()["detail"]
        assert client.get(f"{url}/data?limit=1").is_success
        for each in reading:
            each.__exit__(None, None, None)
    assert len(begun) == EXPORTS_AT_ONCE


@pytest.mark.usefixtures("many")
def test_who_takes_too_long_gets_no_end_that_looks_whole(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_export, "SECONDS_AT_MOST", 0)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}/data.csv", headers={"accept-encoding": "identity"})


def test_a_key_is_asked_for_where_reading_needs_one(database_url: str) -> None:
    keyed = ApiSettings(api_keys="rita:read", response_cache_mb=0)
    with served(create_app(keyed, DatabaseSettings(database_url=database_url))) as url:
        assert httpx.get(f"{url}/data.csv").status_code == 401
        answer = httpx.get(f"{url}/data.csv", headers={"x-api-key": "read"})
    assert answer.headers["cache-control"].startswith("private")
    assert "x-api-key" in answer.headers["vary"]


@pytest.mark.usefixtures("many")
def test_compressed_it_is_the_same(url: str) -> None:
    began = time.monotonic()
    plain = httpx.get(f"{url}/data.csv", headers={"accept-encoding": "identity"})
    packed = httpx.get(f"{url}/data.csv", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    print(f"{2 * ROWS} rows in {time.monotonic() - began:.1f} s, {len(plain.content)} bytes each half")  # noqa: T201
