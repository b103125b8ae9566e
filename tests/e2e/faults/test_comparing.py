"""The driver's own tests: what it compares by sees a lost row and a doubled one, and forgets no table."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import orjson
import psycopg
import pytest

from models.tables import metadata
from tests.e2e.faults.comparing import compare, rows_of
from tests.e2e.faults.left_out import COLUMNS, NAMED, ROWS, TABLES, UNDATED, WHETHER
from tests.e2e.faults.load import SHORT, Load

PLANTED = """
    INSERT INTO sources (name, title, registered_at) VALUES ('acme', 'Acme', now());
    INSERT INTO listings (source, source_id, name, created_at, updated_at) VALUES ('acme', 'btc', 'Bitcoin', now(), now());
    INSERT INTO price_points (listing_id, observed_at, price_usd) SELECT id, date_trunc('month', now()), 7 FROM listings
"""
RATE = (
    "INSERT INTO fx_rates (code, observed_at, source, name, kind, units_per_btc)"
    " VALUES ('eur', now(), 'acme', 'Euro', 'fiat', 5)"
)


def _do(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


@pytest.fixture
def twins(database_url: str, second_database_url: str) -> tuple[str, str]:
    """Two databases with the same rows, of which one had another row before: its keys differ."""
    _do(second_database_url, "SELECT nextval(pg_get_serial_sequence('listings', 'id'))")
    for url in (database_url, second_database_url):
        _do(url, PLANTED)
    return database_url, second_database_url


def test_twins_are_alike_whatever_their_keys_and_times(twins: tuple[str, str]) -> None:
    found = compare(*map(rows_of, twins))
    assert (found.counts, found.told()) == ((0, 0), "")


def test_a_lost_row_is_counted(twins: tuple[str, str]) -> None:
    _do(twins[1], "DELETE FROM price_points")
    assert compare(*map(rows_of, twins)).counts == (1, 0)


def test_a_doubled_row_is_counted(twins: tuple[str, str]) -> None:
    _do(
        twins[1],
        "INSERT INTO price_points SELECT listing_id, observed_at + '1 s', price_usd FROM price_points",
    )
    found = compare(*map(rows_of, twins))
    assert found.counts == (0, 1)
    assert "acme:btc" in found.told()


def test_a_wrong_value_is_a_row_lost_and_one_too_many(twins: tuple[str, str]) -> None:
    _do(twins[1], "UPDATE listings SET name = 'Bitcoin Cash'")
    assert compare(*map(rows_of, twins)).counts == (1, 1)


def test_what_the_fault_itself_leaves_behind_is_not_doubled(twins: tuple[str, str]) -> None:
    _do(twins[1], "UPDATE listings SET name = 'Bitcoin Cash'")
    assert compare(*map(rows_of, twins), written_down=frozenset({"listings"})).counts == (1, 0)


def test_an_undated_row_that_is_seen_again_is_the_same(twins: tuple[str, str]) -> None:
    for url in (*twins, twins[1]):
        _do(url, RATE)
    assert compare(*map(rows_of, twins)).counts == (0, 0)


def test_every_table_is_compared_or_listed(database_url: str) -> None:
    assert rows_of(database_url).keys() | TABLES.keys() == metadata.tables.keys() | {"alembic_version"}


def test_nothing_is_left_out_that_is_not_there() -> None:
    columns = Counter(column.name for table in metadata.tables.values() for column in table.columns)
    full = {f"{table.name}.{column.name}" for table in metadata.tables.values() for column in table.columns}
    assert {*TABLES, *ROWS, *UNDATED} <= metadata.tables.keys()
    assert {name.removeprefix("*.") for name in COLUMNS if name.startswith("*.")} <= columns.keys()
    assert {name for name in COLUMNS if not name.startswith("*.")} <= full
    assert {*WHETHER, *NAMED} <= columns.keys()


def _answer(version: int, *prices: str) -> bytes:
    nodes = [{"uid": uid, "price": {"priceUsd": price}} for uid, price in zip("ab", prices, strict=True)]
    return orjson.dumps(
        {"data": {"datasetVersion": version, "first": {"nodes": nodes}, "again": {"nodes": []}}}
    )


def test_an_answer_that_mixes_two_versions_is_torn() -> None:
    one, two = Decimal(1), Decimal(2)
    found = Load(SHORT, truth={1: {"a": one, "b": one}, 2: {"a": two, "b": two}})
    found.heard.answers.update([_answer(1, "1", "1"), _answer(2, "2", "2")])
    assert found.torn == 0
    found.heard.answers.update([_answer(2, "2", "1"), _answer(1, "2", "2"), _answer(3, "1", "1")])
    assert found.torn == 3
