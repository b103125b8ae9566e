"""One field at a time: what is read is exact, what is empty is None, and what cannot be read rejects the record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import RecordRejected
from flows.fields import (
    GENESIS,
    LAST_RANK,
    SLIGHTLY_AHEAD,
    decimal_of,
    float_text,
    id_of,
    instant_of,
    positive,
    price_of,
    rank_of,
    text_of,
)

NOW = datetime(2026, 6, 26, 9, 50, 30, tzinfo=UTC)
EMPTY: list[object] = [None, ""]
moments = st.datetimes(datetime(2009, 1, 4), datetime(2026, 6, 25), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants bounds without a zone


@given(st.decimals("-1e50", "1e50", allow_nan=False, places=12))
def test_a_number_is_the_same_however_it_is_written(number: Decimal) -> None:
    assert (
        decimal_of(number, "n") == decimal_of(str(number), "n") == decimal_of(f" {number:f} ", "n") == number
    )


@given(st.integers(-(10**18), 10**18))
def test_a_whole_number_is_exact(number: int) -> None:
    assert decimal_of(number, "n") == number


@pytest.mark.parametrize("value", EMPTY)
def test_empty_is_none(value: object) -> None:
    assert decimal_of(value, "n") is None
    assert float_text(value, "n") is None
    assert rank_of(value, "n") is None
    assert instant_of(value, "n", now=NOW) is None
    assert text_of(value, "n") is None


@pytest.mark.parametrize(
    "value",
    [
        True, [], {}, 1.5, b"5", " ", "abc", "1,000", "1_000", "$5", "NaN", "-Infinity", "sNaN", "0x10", "١٢",
        "1e61", "1e-61", "1e999999999999999999999", Decimal("1E+999999"), "0." + "1" * 600,
    ],
)  # fmt: skip
def test_what_is_no_number_rejects_with_the_fields_name(value: object) -> None:
    with pytest.raises(RecordRejected, match="total_volume") as caught:
        decimal_of(value, "total_volume")
    assert caught.value.reason == "not_a_number"
    assert len(caught.value.detail) < 300


@given(st.floats(1e-18, 1e18).map(lambda number: float(f"{number:.12g}")))
def test_a_float_printed_to_18_decimals_loses_its_noise(number: float) -> None:
    read = float_text(f"{number:.18f}", "priceUsd")
    assert read == Decimal(repr(float(f"{number:.18f}")))


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("84739.050000000002910383", "84739.05"),
        ("0.999700000000000033", "0.9997"),
        ("21000000.000000000000000000", "21000000"),
    ],
)
def test_recorded_float_noise_is_read_as_what_was_meant(printed: str, meant: str) -> None:
    assert float_text(printed, "priceUsd") == Decimal(meant)


@pytest.mark.parametrize(("value", "kept"), [("0", None), ("-1", None), ("0.1", Decimal("0.1"))])
def test_zero_where_unknown_is_not_said(value: str, kept: Decimal | None) -> None:
    assert positive(Decimal(value)) == kept
    assert positive(None) is None


@pytest.mark.parametrize("number", [None, Decimal(0), Decimal(-1), Decimal("-0.0")])
def test_a_price_is_there_and_above_zero(number: Decimal | None) -> None:
    with pytest.raises(RecordRejected, match="priceUsd") as caught:
        price_of(number, "priceUsd")
    assert caught.value.reason == "no_price"


def test_the_tiniest_price_is_a_price() -> None:
    assert price_of(Decimal("1.2e-11"), "p") == Decimal("1.2e-11")


@pytest.mark.parametrize(
    ("value", "rank"),
    [(1, 1), ("3", 3), (Decimal("7.0"), 7), (0, None), ("0.0", None), (LAST_RANK, LAST_RANK)],
)
def test_ranks(value: object, rank: int | None) -> None:
    assert rank_of(value, "rank") == rank


@pytest.mark.parametrize("value", [-1, "1.5", LAST_RANK + 1, Decimal("1E+40")])
def test_what_is_no_rank_rejects(value: object) -> None:
    with pytest.raises(RecordRejected, match="rank is"):
        rank_of(value, "rank")


@given(moments)
def test_a_moment_is_the_same_in_all_spellings(at: datetime) -> None:
    second = at.replace(microsecond=0)
    epoch = int(second.timestamp())
    for spelled in (
        second.isoformat(),
        f"{second:%Y-%m-%dT%H:%M:%SZ}",
        f"{second:%Y-%m-%d %H:%M:%S}",
        f"{second:%Y-%m-%d %H:%M:%S UTC}",
        second.astimezone(timezone(timedelta(hours=9))).isoformat(),
        epoch,
        str(epoch),
        epoch * 1000,
        Decimal(epoch),
    ):
        assert instant_of(spelled, "at", now=NOW) == second


@given(moments)
def test_a_moment_is_utc(at: datetime) -> None:
    read = instant_of(at.isoformat(), "at", now=NOW)
    assert read == at
    assert read is not None
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("yesterday", "not_a_time"),
        (True, "not_a_time"),
        ([], "not_a_time"),
        ("9" * 400, "not_a_time"),
        (-5, "not_a_time"),
        ("0001-01-01T00:00:00+14:00", "not_a_time"),
        ((GENESIS - timedelta(seconds=1)).isoformat(), "not_a_time"),
        ((NOW + timedelta(days=1, seconds=1)).isoformat(), "future_time"),
    ],
)
def test_what_is_no_moment_rejects_with_the_fields_name(value: object, reason: str) -> None:
    with pytest.raises(RecordRejected, match="last_updated") as caught:
        instant_of(value, "last_updated", now=NOW)
    assert caught.value.reason == reason


def test_a_clock_that_is_a_little_ahead_tells_now() -> None:
    ahead, further = NOW + SLIGHTLY_AHEAD, NOW + timedelta(hours=23)
    assert instant_of(ahead.isoformat(), "at", now=NOW) == NOW
    assert instant_of(further.isoformat(), "at", now=NOW) == further, (
        "what is further ahead is held by a guard"
    )


@given(st.text(max_size=60))
def test_a_text_is_kept_or_refused_and_what_is_kept_can_be_stored(value: str) -> None:
    if "\x00" in value or any(0xD800 <= ord(one) <= 0xDFFF for one in value):
        with pytest.raises(RecordRejected, match="half a surrogate pair"):
            text_of(value, "name")
    else:
        assert text_of(value, "name") == (value.strip() or None)


@pytest.mark.parametrize("value", [5, [], "a\x00b", "\ud800", "x" * 501])
def test_what_is_no_text_rejects(value: object) -> None:
    with pytest.raises(RecordRejected, match="symbol"):
        text_of(value, "symbol")


def test_a_long_text_is_kept_where_it_is_expected() -> None:
    assert text_of("x" * 5_000, "name", at_most=20_000) == "x" * 5_000


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_record_without_an_id_is_rejected(value: object) -> None:
    with pytest.raises(RecordRejected, match="id is empty"):
        id_of(value)
    assert id_of(" bitcoin ") == "bitcoin"
