"""CSV files as sources: read as `sources.toml` maps them, and a mapping that cannot be used says which and why."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from flows.sources import REGISTRY, files_in
from flows.sources.dropin import MAPPABLE, drop_ins
from tests.fixtures.pages import read

PRICES = """
[prices]
title = "Prices of old"
file = "prices.csv"
columns = { source_id = "id", name = "name", price_usd = "value", updated_at = "timestamp" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with one file that is mapped."""
    (tmp_path / "sources.toml").write_text(PRICES)
    (tmp_path / "prices.csv").write_text(
        "id,name,value,timestamp\nbitcoin,Bitcoin,68000.5,2026-06-01T00:00:00Z\n"
    )
    return tmp_path


def test_without_an_index_there_are_only_the_registered_sources(tmp_path: Path) -> None:
    assert drop_ins(tmp_path) == {}
    assert files_in(tmp_path) == REGISTRY


def test_a_mapped_file_is_a_source_behind_the_others(folder: Path) -> None:
    assert list(files_in(folder)) == [*REGISTRY, "prices"]
    source = drop_ins(folder)["prices"]
    assert (source.name, source.title, source.calls_network) == ("prices", "Prices of old", False)


def test_a_mapped_file_that_is_not_there_is_no_source(folder: Path) -> None:
    (folder / "prices.csv").unlink()
    assert drop_ins(folder) == {}


def test_rows_are_listings_and_quotes(folder: Path) -> None:
    source = drop_ins(folder)["prices"]
    batch = read(source, source.quotes, (folder / "prices.csv").read_bytes())
    (listing,), (quote,) = batch.listings, batch.quotes
    assert (listing.source, listing.source_id, listing.name, listing.symbol) == (
        "prices",
        "bitcoin",
        "Bitcoin",
        None,
    )
    assert (quote.price_usd, quote.market_cap_usd) == (Decimal("68000.5"), None)
    assert quote.source_updated_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert batch.drift == {}


def test_rows_of_one_id_at_two_times_are_two_records(folder: Path) -> None:
    body = b"id,name,value,timestamp,extra\nbtc,B,1,2026-06-01,x\nbtc,B,2,2026-06-02,y\n,B,2,2026-06-02,y\nbtc,B,,2026-06-02,\n"
    source = drop_ins(folder)["prices"]
    batch = read(source, source.quotes, body)
    assert [record.record_id for record in islice(batch.raw, 2)] == ["btc 2026-06-01", "btc 2026-06-02"]
    assert [quote.price_usd for quote in batch.quotes] == [1, 2]
    assert [reject.reason for reject in batch.rejects] == ["no_id", "no_price"]
    assert batch.drift == {"extra": '"x"'}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("[bad\n", "is no TOML"),
        ("bad = 5\n", r"\[bad\] needs file"),
        ('[bad]\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] needs file"),
        ('[bad]\nfile = "b.csv"\n', r"\[bad\] needs file"),
        ('[bad]\nfile = "b.csv"\ncolumns = "all"\n', r"\[bad\] needs file"),
        ('[bad]\nfile = "../b.csv"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] file must be a plain"),
        ('[bad]\nfile = "/etc/passwd"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] file must be a plain"),
        ('[bad]\nfile = "b.csv"\ncolumns = { source_id = "a", price = "b" }\n', r"\[bad\] maps \['price'\]; known are"),
        ('[bad]\nfile = "b.csv"\ncolumns = { source_id = "a" }\n', r"\[bad\] must map price_usd"),
        ('[bad]\nfile = "b.csv"\ncolumns = {}\n', r"\[bad\] must map price_usd and source_id"),
        ('[bad]\nfile = "b.csv"\ncolumns = { source_id = 1, price_usd = "b" }\n', r"\[bad\] .*source_id.* column's name"),
        ('[bad]\nfile = "b.csv"\ntitle = 5\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] title must be a text"),
        ('[coingecko]\nfile = "b.csv"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[coingecko\] is taken"),
        ('["A B"]\nfile = "b.csv"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[A B\] is no source's name"),
    ],
)  # fmt: skip
def test_a_mapping_that_cannot_be_used_says_which_entry_and_why(
    tmp_path: Path, entry: str, told: str
) -> None:
    (tmp_path / "sources.toml").write_text(entry)
    (tmp_path / "b.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=told) as caught:
        files_in(tmp_path)
    assert "sources.toml" in str(caught.value)


def test_what_may_be_mapped_is_told() -> None:
    assert MAPPABLE[:2] == ("source_id", "price_usd")
