"""The price law: a pure function of seed, name and time, calm enough that two observers agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.sandbox.walk import ANCHOR, PEGGED, make_walk

DAY = 86_400.0
seeds = st.integers(0, 2**31)
names = st.text(min_size=1, max_size=20)
moments = st.floats(ANCHOR - 10 * 365 * DAY, ANCHOR + 10 * 365 * DAY)
starts = st.floats(1e-12, 1e6)


@given(seeds, names, starts, moments)
def test_equal_seeds_and_names_walk_alike(seed: int, name: str, start: float, at: float) -> None:
    assert make_walk(seed, name, start).price(at) == make_walk(seed, name, start).price(at)


def test_another_seed_is_another_market() -> None:
    at = ANCHOR + 100 * DAY
    assert make_walk(1, "bitcoin", 100.0).price(at) != make_walk(2, "bitcoin", 100.0).price(at)


@given(seeds, names, starts)
def test_every_walk_passes_through_its_start(seed: int, name: str, start: float) -> None:
    assert make_walk(seed, name, start).price(ANCHOR) == pytest.approx(start, rel=1e-9)


@given(seeds, names, starts, moments)
def test_prices_stay_between_the_extremes(seed: int, name: str, start: float, at: float) -> None:
    walk = make_walk(seed, name, start)
    assert walk.lowest < walk.price(at) < walk.highest


@given(seeds, names, moments, st.floats(0, 120))
def test_two_minutes_move_a_price_by_at_most_a_quarter_percent(
    seed: int, name: str, at: float, delay: float
) -> None:
    walk = make_walk(seed, name, 1.0)
    assert abs(walk.price(at) / walk.price(at - delay) - 1) <= 0.0025


@given(seeds, moments)
def test_a_dollar_peg_holds_within_one_percent(seed: int, at: float) -> None:
    assert "usd" in PEGGED
    assert make_walk(seed, "usd", 1.0).price(at) == pytest.approx(1.0, rel=0.011)


def test_a_day_moves_most_prices_by_percents() -> None:
    moves = []
    for number in range(200):
        walk = make_walk(7, f"coin {number}", 1.0)
        moves.append(abs(walk.price(ANCHOR + DAY) / walk.price(ANCHOR) - 1))
    assert 0.003 < sorted(moves)[100] < 0.08
