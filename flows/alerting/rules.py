"""When an alert fires, pure: once for each crossing of its line, and never on a number that nobody should rely on.

A price that wavers about the line is one crossing: an alert that has fired is armed again only when the price has come
back across the line by a margin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models.alerts import AlertTerms, Sighting
from models.outcomes import AlertCondition, AlertState

REARM_PRICE = Decimal("0.01")
"""The margin of a price, as a fraction of the alert's value: 1 %."""
REARM_CHANGE = Decimal("0.1")
"""The margin of a change, as a fraction of the alert's value: a tenth of the percents asked for."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What a unified price must be to be relied on: not older, and no less confident."""

    fresh_since: datetime
    min_confidence: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an alert stands after a look at the price, and whether it fires now."""

    state: AlertState
    fires: bool = False


def measure(terms: AlertTerms, seen: Sighting, trust: Trust) -> Decimal | None:
    """Say what is published in the alert's own terms; None: nothing that may be relied on."""
    if seen.price_usd is None or seen.price_as_of is None or not seen.price_usd.is_finite():
        return None
    if seen.price_as_of < trust.fresh_since or (seen.confidence or 0) < trust.min_confidence:
        return None
    if terms.condition is AlertCondition.CHANGE_PCT:
        return seen.change_pct if seen.change_pct is not None and seen.change_pct.is_finite() else None
    return None if seen.units_per_usd is None else seen.price_usd * seen.units_per_usd


def judge(terms: AlertTerms, state: AlertState, measured: Decimal | None) -> Verdict:
    """Decide by a measurement. Without one everything stays as it is."""
    if measured is None:
        return Verdict(state)
    beyond = measured - terms.value if _waits_for_a_rise(terms) else terms.value - measured
    if state is AlertState.ARMED:
        return Verdict(AlertState.FIRED, fires=True) if beyond >= 0 else Verdict(AlertState.ARMED)
    return Verdict(AlertState.ARMED if beyond < -margin(terms) else AlertState.FIRED)


def margin(terms: AlertTerms) -> Decimal:
    """Say how far beyond the line, on the near side, an alert that has fired is armed again."""
    is_change = terms.condition is AlertCondition.CHANGE_PCT
    return abs(terms.value) * (REARM_CHANGE if is_change else REARM_PRICE)


def _waits_for_a_rise(terms: AlertTerms) -> bool:
    if terms.condition is AlertCondition.CHANGE_PCT:
        return terms.value > 0
    return terms.condition is AlertCondition.ABOVE
