"""CSV files as sources: read as `sources.toml` maps them, and a mapping that cannot be used says which and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources import files_in
from flows.sources.dropin import EXPORT, MAPPABLE, drop_ins, export_of, mapped_in
from tests.unit.house.tree import ROOT

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


def test_without_an_index_there_are_no_files_but_exports(tmp_path: Path) -> None:
    assert files_in(tmp_path) == {}


def test_a_mapped_file_is_a_source(folder: Path) -> None:
    source = files_in(folder)["prices"]
    assert (source.name, source.title, source.file) == ("prices", "Prices of old", "prices.csv")
    assert source.columns == {
        "source_id": "id",
        "name": "name",
        "price_usd": "value",
        "updated_at": "timestamp",
    }


def test_a_mapped_file_that_is_not_there_is_no_source(folder: Path) -> None:
    (folder / "prices.csv").unlink()
    assert drop_ins(folder) == {}


@pytest.mark.parametrize(
    ("file", "name", "coin"),
    [
        ("btc-usd-max.csv", "btc-usd-max", "btc"),
        ("BTC-USD-max.CSV", "btc-usd-max", "btc"),
        ("usd-coin-usd-max.csv", "usd-coin-usd-max", "usd-coin"),
        ("1inch-usd-max.csv", "csv-1inch-usd-max", "1inch"),
        ("b\u00e9 c-usd-max.csv", "b-c-usd-max", "b\u00e9 c"),
    ],
)
def test_an_export_is_a_source_by_its_name(file: str, name: str, coin: str) -> None:
    export = export_of(file)
    assert export is not None
    assert (export.name, export.every, export.refusal) == (name, {"source_id": coin, "symbol": coin}, None)
    assert export.columns == EXPORT


@pytest.mark.parametrize(
    "file", ["crypto_market.csv", "btc.csv", "btc-usd.csv", "-usd-max.csv", "btc-usd-max.csv.bak"]
)
def test_other_names_are_no_exports(file: str) -> None:
    assert export_of(file) is None


def test_exports_are_sources_without_an_entry_behind_those_that_have_one(folder: Path) -> None:
    (folder / "eth-usd-max.csv").touch()
    (folder / "crypto_market.csv").touch()
    assert list(drop_ins(folder)) == ["prices", "eth-usd-max"]


def test_an_export_in_another_currency_is_refused_by_name(folder: Path) -> None:
    (folder / "btc-eur-max.csv").touch()
    assert drop_ins(folder)["btc-eur-max"].refusal == (
        "btc-eur-max.csv has prices in eur, and only dollars can be read: export it in usd"
    )


def test_an_entry_about_an_export_needs_no_columns(tmp_path: Path) -> None:
    entry = '[btc]\nfile = "btc-usd-max.csv"\nasset = "bitcoin"\n'
    (tmp_path / "sources.toml").write_text(entry)
    (tmp_path / "btc-usd-max.csv").touch()
    (source,) = drop_ins(tmp_path).values()
    assert (source.name, source.asset, source.columns, source.every["source_id"]) == (
        "btc",
        "bitcoin",
        EXPORT,
        "btc",
    )


def test_two_files_of_one_name_are_told_apart_by_a_person(tmp_path: Path) -> None:
    for file in ("BTC-usd-max.csv", "btc-usd-max.csv"):
        (tmp_path / file).touch()
    with pytest.raises(
        ValueError, match=r"BTC-usd-max\.csv and btc-usd-max\.csv would both be \[btc-usd-max\]"
    ):
        drop_ins(tmp_path)


def test_another_mapping_is_another_reading(folder: Path) -> None:
    before = drop_ins(folder)["prices"].reading
    (folder / "sources.toml").write_text(PRICES + 'dates = "%d/%m/%Y"\n')
    assert drop_ins(folder)["prices"].reading != before


def test_the_entries_that_come_with_the_project_can_be_used() -> None:
    shipped = {source.name: source.asset for source in mapped_in(ROOT / "data")}
    assert shipped == {"csv1": None, "csv2": None, "btc-usd-max": "bitcoin", "eth-usd-max": "ethereum"}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("[bad\n", "is no TOML"),
        ("bad = 5\n", r"\[bad\] needs file"),
        ('[bad]\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] needs file"),
        ('[bad]\nfile = "b.csv"\n', r"\[bad\] needs file"),
        ('[bad]\nfile = "b.csv"\ncolumns = "all"\n', r"\[bad\] columns must be a table"),
        ('[bad]\nfile = "../b.csv"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] file must be a plain"),
        ('[bad]\nfile = "/etc/passwd"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] file must be a plain"),
        ('[bad]\nfile = "b.csv"\ncolumns = { source_id = "a", price = "b" }\n', r"\[bad\] maps \['price'\] in columns; known are"),
        ('[bad]\nfile = "b.csv"\nevery = { volume = "a" }\ncolumns = { price_usd = "b" }\n', r"\[bad\] maps \['volume'\] in every"),
        ('[bad]\nfile = "b.csv"\nevery = { source_id = "" }\ncolumns = { price_usd = "b" }\n', r"\[bad\] source_id must be a text"),
        ('[bad]\nfile = "b.csv"\ncolumn = {}\ncolumns = {}\n', r"\[bad\] says column; known are"),
        ('[bad]\nfile = "b.csv"\nasset = "x"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] asset needs every"),
        ('[bad]\nfile = "b.csv"\nasset = 5\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] asset must be a text"),
        ('[bad]\nfile = "b.csv"\ndates = "%d"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] dates must be a form"),
        ('[bad]\nfile = "b.csv"\ndates = "%Q"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] dates must be a form"),
        ('[bad]\nfile = "b.csv"\ndecimal = "x"\ncolumns = { source_id = "a", price_usd = "b" }\n', r"\[bad\] decimal must be"),
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
