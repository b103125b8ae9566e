"""When alerts fire: once for each crossing, never on what nobody should rely on, and again after coming back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flows.alerting.rules import Trust, judge, margin, measure
from models.alerts import AlertTerms, Sighting
from models.outcomes import AlertCondition, AlertState, ChangeWindow
from models.store.alerts import AlertRefused, expect_sense

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRUST = Trust(NOW - timedelta(hours=2), 0.4)
GOOD = Sighting(Decimal(100), NOW, 0.9, change_pct=Decimal(5))

prices = st.decimals("0.01", "1000", allow_nan=False, allow_infinity=False, places=4)
percents = st.decimals("-99", "500", allow_nan=False, allow_infinity=False, places=2).filter(bool)
lines = st.one_of(
    st.builds(AlertTerms, st.sampled_from([AlertCondition.ABOVE, AlertCondition.BELOW]), prices),
    st.builds(AlertTerms, st.just(AlertCondition.CHANGE_PCT), percents, st.sampled_from(ChangeWindow)),
)
measurements = st.lists(st.none() | prices | percents, max_size=30)


def fired(
    terms: AlertTerms, seen: Iterable[Decimal | None], state: AlertState = AlertState.ARMED
) -> list[bool]:
    """Look at one measurement after another; tell at which of them the alert fired."""
    told = []
    for measured in seen:
        verdict = judge(terms, state, measured)
        state = verdict.state
        told.append(verdict.fires)
    return told


def is_across(terms: AlertTerms, measured: Decimal) -> bool:
    """Whether a number is on the far side of the line, or on it."""
    is_rise = terms.condition is AlertCondition.ABOVE or (
        terms.condition is AlertCondition.CHANGE_PCT and terms.value > 0
    )
    return measured >= terms.value if is_rise else measured <= terms.value


@given(lines, measurements)
def test_between_two_firings_the_price_came_back_by_more_than_the_margin(
    terms: AlertTerms, seen: list[Decimal | None]
) -> None:
    told = fired(terms, seen)
    at = [index for index, fires in enumerate(told) if fires]
    for earlier, later in pairwise(at):
        between = [one for one in seen[earlier + 1 : later] if one is not None]
        assert any(not is_across(terms, one) and abs(one - terms.value) > margin(terms) for one in between)


@given(lines, measurements)
def test_it_fires_only_across_the_line_and_at_the_first_measurement_there(
    terms: AlertTerms, seen: list[Decimal | None]
) -> None:
    told = fired(terms, seen)
    across = [index for index, one in enumerate(seen) if one is not None and is_across(terms, one)]
    assert [index for index, fires in enumerate(told) if fires and index not in across] == []
    assert told.index(True) == across[0] if across else not any(told)


@given(lines, measurements)
def test_looking_twice_at_the_same_fires_once(terms: AlertTerms, seen: list[Decimal | None]) -> None:
    twice = [one for one in seen for _ in range(2)]
    assert sum(fired(terms, twice)) == sum(fired(terms, seen))


@given(lines, measurements, st.sampled_from(AlertState))
def test_what_cannot_be_measured_changes_nothing(
    terms: AlertTerms, seen: list[Decimal | None], state: AlertState
) -> None:
    assert judge(terms, state, None).state is state
    assert not judge(terms, state, None).fires
    known = [one for one in seen if one is not None]
    assert sum(fired(terms, seen, state)) == sum(fired(terms, known, state))


@given(prices, st.lists(prices, max_size=20))
def test_above_and_below_mirror_each_other(line: Decimal, seen: list[Decimal]) -> None:
    above, below = AlertTerms(AlertCondition.ABOVE, line), AlertTerms(AlertCondition.BELOW, line)
    assert fired(above, seen) == fired(below, [2 * line - one for one in seen])


@given(lines, prices)
def test_a_price_that_wavers_about_the_line_is_one_crossing(terms: AlertTerms, part: Decimal) -> None:
    waver = margin(terms) * part / 1000
    assume(waver > 0)
    assert sum(fired(terms, [terms.value, terms.value - waver, terms.value + waver] * 5)) == 1


BAD = {
    "no price": replace(GOOD, price_usd=None),
    "no time": replace(GOOD, price_as_of=None),
    "stale": replace(GOOD, price_as_of=TRUST.fresh_since - timedelta(seconds=1)),
    "no confidence": replace(GOOD, confidence=None),
    "low confidence": replace(GOOD, confidence=0.39),
    "NaN": replace(GOOD, price_usd=Decimal("NaN"), change_pct=Decimal("NaN")),
}


@pytest.mark.parametrize("seen", BAD.values(), ids=BAD)
@pytest.mark.parametrize("condition", AlertCondition)
def test_nobody_relies_on(seen: Sighting, condition: AlertCondition) -> None:
    assert measure(AlertTerms(condition, Decimal(1)), seen, TRUST) is None
    assert measure(AlertTerms(condition, Decimal(1)), GOOD, TRUST) is not None


def test_a_price_is_measured_in_its_own_currency_or_not_at_all() -> None:
    euros = AlertTerms(AlertCondition.ABOVE, Decimal(90), currency="eur")
    assert measure(euros, replace(GOOD, units_per_usd=Decimal("0.9")), TRUST) == 90
    assert measure(euros, replace(GOOD, units_per_usd=None), TRUST) is None


def test_a_change_that_nobody_told_is_no_change_of_zero() -> None:
    change = AlertTerms(AlertCondition.CHANGE_PCT, Decimal(-5), ChangeWindow.H24)
    assert measure(change, replace(GOOD, change_pct=None), TRUST) is None
    assert measure(change, replace(GOOD, change_pct=Decimal(0)), TRUST) == 0


SENSELESS = {
    "below": ["0", "-1", "1e30", "NaN", "Infinity", "1." + "1" * 50],
    "above": ["0", "-1", "1e25", "-Infinity", "sNaN"],
    "change_pct": ["0", "-100", "1000001", "NaN", "1e-30"],
}


@pytest.mark.parametrize(
    ("condition", "value"), [(key, one) for key, all_ in SENSELESS.items() for one in all_]
)
def test_values_that_no_price_could_meet_are_refused(condition: str, value: str) -> None:
    window = ChangeWindow.H1 if condition == "change_pct" else None
    with pytest.raises(AlertRefused):
        expect_sense(AlertTerms(AlertCondition(condition), Decimal(value), window))


@given(lines)
def test_every_other_is_taken(terms: AlertTerms) -> None:
    expect_sense(terms)


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (AlertTerms(AlertCondition.CHANGE_PCT, Decimal(5)), "needs its window"),
        (AlertTerms(AlertCondition.ABOVE, Decimal(5), ChangeWindow.H1), "Only a change"),
        (AlertTerms(AlertCondition.CHANGE_PCT, Decimal(5), ChangeWindow.H1, "eur"), "US dollars"),
    ],
)
def test_terms_that_do_not_go_together_are_refused(terms: AlertTerms, told: str) -> None:
    with pytest.raises(AlertRefused, match=told):
        expect_sense(terms)
