"""The catalogue's faults as what they are: functions of a reply and an occasion, without chance or state."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.sandbox.faults.catalogue import FAULTS
from flows.sandbox.faults.reply import Kind, Occasion, Reply
from flows.sandbox.faults.rows import leaves, rows_of, value_at
from tests.fixtures.pages import FOLDER

PAGES = {
    "coingecko": "coingecko/coins_markets.json",
    "coinpaprika": "coinpaprika/tickers.json",
    "coincap": "coincap/assets.json",
}
PRICES = {
    "coingecko": ("current_price",),
    "coinpaprika": ("quotes", "USD", "price"),
    "coincap": ("priceUsd",),
}
OF_DATA = [name for name, fault in FAULTS.items() if fault.kind is Kind.DATA]
every_provider = pytest.mark.parametrize("provider", PAGES)


def page(provider: str) -> Reply:
    """Return a provider's page as its reply."""
    return Reply(body=(FOLDER / PAGES[provider]).read_bytes())


def befallen(name: str, reply: Reply, seed: int = 0, before: Reply | None = None) -> Reply:
    """Return what a fault makes of a reply."""
    return FAULTS[name].rewrite(reply, Occasion("/page?number=1", seed, before=before))


def rows_in(reply: Reply) -> list[Any]:
    """List the rows of a reply."""
    rows = rows_of(json.loads(reply.body))
    assert rows is not None
    return rows


def numbered(*numbers: int) -> Reply:
    """Return a page of rows with these ids."""
    return Reply(
        body=json.dumps([{"id": f"coin-{number}", "current_price": 2.0} for number in numbers]).encode()
    )


def ids(reply: Reply) -> list[int]:
    """List the numbers in a page's ids."""
    return [int(row["id"].split("-")[1]) for row in rows_in(reply)]


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_says_what_it_does(name: str) -> None:
    assert FAULTS[name].name == name
    assert FAULTS[name].sentence.endswith(".")
    assert "\n" not in FAULTS[name].sentence


@pytest.mark.parametrize("name", FAULTS)
@every_provider
def test_a_fault_changes_something_and_always_the_same(name: str, provider: str) -> None:
    reply, before = page(provider), numbered(*range(9))
    once = befallen(name, reply, seed=7, before=before)
    assert once == befallen(name, reply, seed=7, before=before)
    is_anothers = (name, provider) in OF_OTHERS
    assert (once == _respelled(reply) or once == reply) is is_anothers


OF_OTHERS = {("no_dollars", "coingecko"), ("no_dollars", "coincap")} | {
    ("odd_addresses", "coingecko"),  # its addresses are in another list
    ("odd_addresses", "coinpaprika"),
}


def _respelled(reply: Reply) -> Reply:
    text = json.dumps(json.loads(reply.body), ensure_ascii=False, separators=(",", ":"))
    return replace(reply, body=text.encode())


@pytest.mark.parametrize("name", [name for name in OF_DATA if name != "deep_nesting"])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"rates":{"usd":{}}}', b'"text"', b"[", b"\xff"])
def test_a_body_without_rows_stays_as_it_is(name: str, body: bytes) -> None:
    assert befallen(name, Reply(body=body)) == Reply(body=body)


@pytest.mark.parametrize("name", OF_DATA)
@given(
    rows=st.lists(
        st.none() | st.text() | st.dictionaries(st.sampled_from(["id", "rank", "x"]), st.integers())
    )
)
def test_no_row_is_too_odd_to_be_befallen(name: str, rows: list[object]) -> None:
    befallen(name, Reply(body=json.dumps(rows).encode()), before=Reply(body=b"[1]"))


@pytest.mark.parametrize("name", ["half_gone", "price_x100", "renamed_ids"])
def test_another_seed_befalls_others(name: str) -> None:
    reply = numbered(*range(100))
    assert befallen(name, reply, seed=1) != befallen(name, reply, seed=2)


@every_provider
def test_nulls_leave_no_nullable_field_out(provider: str) -> None:
    rows = rows_in(page(provider))
    many = json.dumps({"timestamp": 1, "data": rows[:1] * 60}).encode()
    first, *others = rows_in(befallen("nulls", Reply(body=many)))
    paths = leaves(rows[0])
    assert [value_at(first, path) for path in paths] == [None] * len(paths)
    assert (first["id"], first["symbol"], first["name"]) == tuple(
        rows[0][one] for one in ("id", "symbol", "name")
    )
    nulled = [
        {path for path in paths if value_at(row, path) is None != value_at(rows[0], path)} for row in others
    ]
    assert all(len(one) <= 1 for one in nulled)
    assert set().union(*nulled) == {path for path in paths if value_at(rows[0], path) is not None}


@every_provider
@pytest.mark.parametrize(
    ("name", "is_meant"),
    [
        ("empty_texts", lambda row, path: value_at(row, path) == ""),
        ("absent_fields", lambda row, path: value_at(row, path) is None),
    ],
)
def test_other_gaps_are_in_every_field_too(
    provider: str, name: str, is_meant: Callable[[Any, tuple[str, ...]], bool]
) -> None:
    reply = page(provider)
    first = rows_in(befallen(name, reply))[0]
    assert all(is_meant(first, path) for path in leaves(rows_in(reply)[0]))


@every_provider
def test_prices_are_nan_or_a_hundredfold_in_every_providers_spelling(provider: str) -> None:
    rows, path = rows_in(page(provider)), PRICES[provider]
    told = [value_at(row, path) for row in rows if value_at(row, path) is not None]
    nans = [value_at(row, path) for row in rows_in(befallen("nan_prices", page(provider)))]
    assert [math.isnan(float(one)) for one in nans if one is not None] == [True] * len(told)
    many = Reply(body=json.dumps(rows[:1] * 20).encode())
    dear = [value_at(row, path) for row in rows_in(befallen("price_x100", many))]
    assert {type(one) for one in dear} <= {type(told[0]), float}
    ratios = sorted(round(float(one) / float(told[0])) for one in dear)
    assert ratios == [1] * 18 + [100] * 2


def test_rows_come_twice_or_fall_over_the_edge() -> None:
    first, second = numbered(1, 2, 3, 4, 5), numbered(6, 7, 8, 9)
    assert ids(befallen("duplicate_ids", first)) == [1, 2, 3, 4, 5, 1, 2, 3]
    assert ids(befallen("duplicate_ids", second, before=first)) == [6, 7, 8, 9, 6, 7, 8, 1, 2, 3]
    assert ids(befallen("page_shift", first)) == [1, 2, 3, 4, 5]
    assert ids(befallen("page_shift", second, before=first)) == [3, 4, 5, 6]


def test_rows_are_gone_or_renamed_or_none() -> None:
    reply = numbered(*range(40))
    half = ids(befallen("half_gone", reply))
    assert len(half) == 20
    assert half == sorted(set(half))
    renamed = [row["id"] for row in rows_in(befallen("renamed_ids", reply)) if row["id"].endswith("-renamed")]
    assert len(renamed) == 4
    assert rows_in(befallen("empty_list", reply)) == []


@every_provider
@pytest.mark.parametrize(("name", "days"), [("stale", -2), ("clock_ahead", 1 / 24), ("clock_far_ahead", 7)])
def test_times_move_in_every_providers_spelling(provider: str, name: str, days: float) -> None:
    before, after = json.loads(page(provider).body), json.loads(befallen(name, page(provider)).body)
    if provider == "coincap":
        assert after["timestamp"] - before["timestamp"] == days * 86_400_000
        return
    for was, now in zip(before, after, strict=True):
        if was["last_updated"] is not None:
            assert len(now["last_updated"]) == len(was["last_updated"])
            assert now["last_updated"].endswith("Z")
            assert (now["last_updated"] > was["last_updated"]) is (days > 0)


def test_bytes_travel_as_the_fault_says() -> None:
    reply = numbered(*range(100))
    assert befallen("latency", reply).wait_seconds == 2
    assert befallen("drip", reply).drip_seconds == 2
    assert befallen("reset", reply).is_reset
    short = befallen("truncated", reply)
    assert short.promised == len(reply.body) == 2 * len(short.body)
    long = befallen("wrong_length", reply)
    assert (long.body, long.promised) == (reply.body, len(reply.body) // 2)
    assert befallen("deep_nesting", reply).body.strip(b"[]") == reply.body.strip(b"[]")
