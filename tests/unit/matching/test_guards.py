"""What guards hold, what settles it, and what they never touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.fields import SLIGHTLY_AHEAD
from flows.matching.guards import (
    CONFIRMED_AFTER,
    JUMP,
    NEAR,
    Known,
    confirmation,
    doubt_of,
    judge,
    times,
)
from models.outcomes import HoldReason
from models.records import Hold, Quote, Witness

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RUN = timedelta(minutes=20)
WINDOW = timedelta(hours=1)
KNOWN = Known(Decimal(100))


def quote(price: str | Decimal, runs: int = 0, ahead: timedelta = timedelta()) -> Quote:
    """A quote of so many runs later, its source's clock ahead of ours."""
    at = NOW + runs * RUN
    return Quote("coingecko", "x", at, Decimal(price), source_updated_at=at + ahead)


def followed(*quotes: Quote, known: Known = KNOWN) -> tuple[list[Decimal], list[Hold], Hold | None]:
    """Judge quotes one after the other: the prices that passed, what was withdrawn, and what waits in the end."""
    passed: list[Decimal] = []
    withdrawn: list[Hold] = []
    waiting: Hold | None = None
    for one in quotes:
        verdict = judge(one, known, waiting)
        waiting = verdict.waiting
        passed += [one.price_usd] if verdict.passes else []
        withdrawn += [verdict.withdrawn] if verdict.withdrawn else []
    return passed, withdrawn, waiting


def held(price: str, times_seen: int = 1, known: str = "100") -> Hold:
    """A price that waits."""
    one = quote(price)
    return Hold(one, HoldReason.JUMP, "", Decimal(known), NOW, NOW, times_seen)


prices = st.decimals("0.00000001", "1000000", allow_nan=False, allow_infinity=False, places=8)
within = st.decimals("3.4", "2999", allow_nan=False, allow_infinity=False, places=4)
beyond = st.decimals("3000", "100000000", places=2) | st.decimals("0.00000001", "3.3333", places=8)
glitches = st.lists(beyond, min_size=1, max_size=CONFIRMED_AFTER - 1)


@given(within)
def test_a_price_within_the_bounds_is_never_held(price: Decimal) -> None:
    assert doubt_of(quote(price), KNOWN) is None


@given(beyond)
def test_a_price_beyond_them_always_is_unless_nothing_is_known(price: Decimal) -> None:
    doubt = doubt_of(quote(price), KNOWN)
    assert doubt is not None
    assert doubt.known_usd == 100
    assert doubt_of(quote(price), None) is None


@given(beyond, st.decimals("0.9", "1.1", places=3))
def test_what_was_accepted_of_late_passes_and_so_does_a_way_back(price: Decimal, swing: Decimal) -> None:
    known = replace(KNOWN, accepted=price)
    assert doubt_of(quote(price * swing), known) is None
    assert doubt_of(quote("100"), known) is None


@given(prices, prices, st.decimals("0.000001", "1000000", places=6))
def test_in_another_unit_throughout_the_verdict_is_the_same(
    price: Decimal, median: Decimal, unit: Decimal
) -> None:
    one, other = (
        doubt_of(quote(price * factor), Known(median * factor)) is None for factor in (Decimal(1), unit)
    )
    ratio = max(price, median) / min(price, median)
    assert one == other or abs(ratio / JUMP - 1) < Decimal("1e-20"), "but for the last digit of a division"


@given(glitches, within)
def test_after_a_glitch_nothing_waits_and_nothing_of_it_has_passed(
    odd: Sequence[Decimal], price: Decimal
) -> None:
    quotes = [quote(one, runs) for runs, one in enumerate(odd)]
    passed, withdrawn, waiting = followed(*quotes, quote(price, runs=len(odd)))
    assert (passed, waiting) == ([price], None)
    assert withdrawn
    assert not any(confirmation(one, [], WINDOW) for one in withdrawn)


@given(beyond, st.lists(st.decimals("1", "1.2", places=3), min_size=2, max_size=6))
def test_two_more_observations_near_to_it_confirm_a_jump(price: Decimal, swings: Sequence[Decimal]) -> None:
    again = [price * swing if price > 100 else price / swing for swing in swings]
    quotes = [quote(one, runs) for runs, one in enumerate([price, *again])]
    early = followed(*quotes[:2])[2]
    late = followed(*quotes)[2]
    assert early is not None
    assert late is not None
    assert confirmation(early, [], WINDOW) is None
    assert confirmation(late, [], WINDOW) == f"said {len(quotes)} times"


@given(beyond, st.integers(1, 5))
def test_the_same_observation_counts_once(price: Decimal, times: int) -> None:
    waiting = followed(*[quote(price)] * times)[2]
    assert waiting is not None
    assert waiting.times_seen == 1


@given(beyond, within)
def test_an_older_quote_is_no_news_of_what_waits(price: Decimal, before: Decimal) -> None:
    passed, withdrawn, waiting = followed(quote(price, 1), quote(before, 0))
    assert (passed, withdrawn) == ([before], [])
    assert waiting is not None


@given(
    beyond,
    st.lists(st.decimals("0.9", "1.1", places=3), min_size=1, max_size=6),
    st.sampled_from([KNOWN, None]),
)
def test_what_a_person_rejected_passes_no_more_while_its_source_says_it(
    price: Decimal, swings: Sequence[Decimal], known: Known | None
) -> None:
    waiting: Hold | None = replace(held(str(price)), is_rejected=True)
    for runs, swing in enumerate(swings, start=1):
        verdict = judge(quote(price * swing, runs), known, waiting)
        assert (verdict.passes, verdict.withdrawn) == (False, None)
        waiting = verdict.waiting
    assert waiting is not None
    assert waiting.times_seen == 1 + len(swings)
    assert confirmation(waiting, [Witness("coincap", price, NOW)], WINDOW) is None


@given(beyond, within, st.sampled_from([KNOWN, None]))
def test_a_rejection_is_over_once_the_price_is_near_to_what_it_was(
    price: Decimal, later: Decimal, known: Known | None
) -> None:
    waiting = replace(held(str(price)), is_rejected=True)
    verdict = judge(quote(later, 1), known, waiting)
    is_back = times(later, Decimal(100)) <= times(later, price)
    assert verdict.passes or not is_back
    assert (verdict.withdrawn is waiting) == verdict.passes


def test_a_rejected_time_is_over_with_the_first_that_has_come() -> None:
    early = quote("100", ahead=2 * SLIGHTLY_AHEAD)
    waiting = Hold(early, HoldReason.FUTURE_TIME, "", None, NOW, NOW, is_rejected=True)
    again = judge(quote("100", 1, ahead=2 * SLIGHTLY_AHEAD), KNOWN, waiting)
    assert (again.passes, again.withdrawn) == (False, None)
    assert judge(quote("100", 1), KNOWN, waiting).passes


witnesses = st.lists(
    st.builds(
        Witness,
        st.sampled_from(["coingecko", "coinpaprika", "coincap"]),
        prices,
        st.integers(-3, 3).map(lambda runs: NOW + runs * RUN),
    ),
    max_size=5,
)


@given(witnesses, st.randoms(use_true_random=False), st.integers(1, 5))
def test_the_order_of_witnesses_changes_nothing(said: list[Witness], random: object, times_seen: int) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    hold = held("10000", times_seen)
    assert confirmation(hold, said, WINDOW) == confirmation(hold, shuffled, WINDOW)


def test_another_source_that_says_the_same_confirms_at_once_but_not_its_own_listing_nor_an_old_word() -> None:
    hold = held("10000")
    near = Witness("coinpaprika", 10_000 * NEAR, NOW - WINDOW)
    assert confirmation(hold, [near], WINDOW) == "coinpaprika said so too"
    assert confirmation(hold, [replace(near, source="coingecko")], WINDOW) is None
    assert confirmation(hold, [replace(near, at=NOW - 2 * WINDOW)], WINDOW) is None
    assert confirmation(hold, [replace(near, price_usd=near.price_usd + 1)], WINDOW) is None


def test_repetition_counts_for_nothing_while_another_source_is_nearer_to_what_it_cost() -> None:
    hold = held("10000", times_seen=9)
    assert confirmation(hold, [Witness("coinpaprika", Decimal(120), NOW)], WINDOW) is None
    assert (
        confirmation(hold, [Witness("coinpaprika", Decimal(120), NOW - 2 * WINDOW)], WINDOW) == "said 9 times"
    )


@pytest.mark.parametrize(
    ("price", "reason", "told"),
    [
        ("10000", "unit_flip", "100 times its recent median of 100 US dollars, as if told in a unit 100 times smaller"),
        ("0.1", "unit_flip", "1/1,000 of its recent median of 100 US dollars, as if told in a unit 1,000 times larger"),
        ("5000", "jump", "50 times its recent median of 100 US dollars"),
        ("2", "jump", "1/50 of its recent median of 100 US dollars"),
    ],
)  # fmt: skip
def test_a_jump_is_told_with_its_size_and_as_a_flip_of_units_where_it_is_like_one(
    price: str, reason: str, told: str
) -> None:
    doubt = doubt_of(quote(price), KNOWN)
    assert doubt is not None
    assert (doubt.reason, doubt.detail) == (reason, f"its price is {told}")


def test_a_time_that_has_not_come_yet_is_held_at_any_price_and_confirmed_by_nothing() -> None:
    assert doubt_of(quote("100", ahead=SLIGHTLY_AHEAD), None) is None
    early = [quote(price, runs, ahead=timedelta(hours=2)) for runs, price in enumerate(("100", "101", "102"))]
    passed, withdrawn, waiting = followed(*early)
    assert (passed, withdrawn) == ([], [])
    assert waiting is not None
    assert (waiting.reason, waiting.times_seen, waiting.last_seen_at) == (
        HoldReason.FUTURE_TIME,
        3,
        early[-1].fetched_at,
    )
    assert confirmation(waiting, [Witness("coinpaprika", Decimal(102), NOW)], WINDOW) is None
    assert followed(*early, quote("100", 3))[0] == [100]
