"""Faults of what rows say: fields empty, gone, odd or absurd."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import nan

from flows.sandbox.faults.reply import Kind, Occasion, Reply, described
from flows.sandbox.faults.rows import (
    Path,
    Row,
    Rows,
    each,
    leaves,
    on_rows,
    some,
    value_at,
    with_price,
    with_value,
    without,
)

DEEP = 100_000

ODD_ADDRESSES: Mapping[str, Sequence[object]] = {
    "platforms": ({}, {"": ""}, {"ethereum": ""}, {"ethereum": None}, {"ethereum": "0xnonsense"}),
    "tokens": ({}, {"56": ["0x" + "e" * 40]}, {"1": ["0x" + "a" * 40, "0x" + "b" * 40]}, {"1": [None]}),
    "address": (None, "", "0xnonsense"),
}
"""What each provider's field of addresses has held besides addresses."""

ODD_NUMBERS: Sequence[tuple[Path, object]] = (
    (("market_cap_rank",), None),
    (("market_cap",), 0),
    (("current_price",), 1.2e-11),
    (("circulating_supply",), 2**53 + 1),
    (("rank",), 0),
    (("quotes", "USD", "market_cap"), 0),
    (("quotes", "USD", "price"), 1.2e-11),
    (("total_supply",), 2**53 + 1),
    (("maxSupply",), None),
    (("priceUsd",), "0.000000000012000000"),
)


@on_rows
def nan_prices(rows: Rows, _: Occasion) -> Rows:
    """Write NaN for every price."""
    return each(rows, lambda row, _: with_price(row, lambda _: nan))


@on_rows
def nulls(rows: Rows, _: Occasion) -> Rows:
    """Put null in every field that can be null: in all of the first row's, then row by row in one after the other."""
    return _emptied(rows, lambda row, path: with_value(row, path, None))


@on_rows
def empty_texts(rows: Rows, _: Occasion) -> Rows:
    """Put an empty text in every field that can be null: in all of the first row's, then row by row in one after the other."""
    return _emptied(rows, lambda row, path: with_value(row, path, ""))


@on_rows
def absent_fields(rows: Rows, _: Occasion) -> Rows:
    """Leave fields out: all but its names of the first row, then row by row one after the other."""
    return _emptied(rows, without)


@on_rows
def odd_numbers(rows: Rows, _: Occasion) -> Rows:
    """Tell no rank, a market cap of 0, a price of 1.2e-11 or a supply beyond 2^53: row by row in turn."""

    def odd(row: Row, at: int) -> Row:
        fitting = [(path, value) for path, value in ODD_NUMBERS if value_at(row, path) is not None]
        path, value = fitting[at % len(fitting)] if fitting else ((), None)
        is_text = isinstance(value_at(row, path), str) and value is not None
        return with_value(row, path, str(value) if is_text else value) if path else row

    return each(rows, odd)


@on_rows
def odd_addresses(rows: Rows, _: Occasion) -> Rows:
    """List no addresses, null, an empty or malformed one, a chain's own coin, or two of one chain: row by row in turn."""

    def odd(row: Row, at: int) -> Row:
        return row | {name: odd[at % len(odd)] for name, odd in ODD_ADDRESSES.items() if name in row}

    return each(rows, odd)


@on_rows
def no_dollars(rows: Rows, occasion: Occasion) -> Rows:
    """Quote one of CoinPaprika's coins in ten in bitcoin only, although dollars were asked for."""

    def in_bitcoin(row: Row) -> Row:
        return row | {"quotes": {"BTC": row["quotes"]["USD"]}} if "quotes" in row else row

    return some(rows, occasion, in_bitcoin)


@on_rows
def price_x100(rows: Rows, occasion: Occasion) -> Rows:
    """Tell one price in ten a hundred times too high."""
    return some(rows, occasion, lambda row: with_price(row, lambda price: price * 100))


@on_rows
def unknown_field(rows: Rows, _: Occasion) -> Rows:
    """Add a field that nobody has heard of to every row."""
    return each(rows, lambda row, at: row | {"brand_new": at})


def deep_nesting(reply: Reply, _: Occasion) -> Reply:
    """Wrap the body in a hundred thousand arrays."""
    return replace(reply, body=b"[" * DEEP + reply.body + b"]" * DEEP)


def _emptied(rows: Rows, empty: Callable[[Row, Path], Row]) -> Rows:
    def emptied(row: Row, at: int) -> Row:
        paths = leaves(row)
        chosen = paths if at == 0 else paths[(at - 1) % len(paths) :][:1] if paths else ()
        for path in chosen:
            row = empty(row, path)
        return row

    return each(rows, emptied)


FAULTS = described(
    Kind.DATA,
    nan_prices,
    nulls,
    empty_texts,
    absent_fields,
    odd_numbers,
    odd_addresses,
    no_dollars,
    price_x100,
    unknown_field,
    deep_nesting,
)
