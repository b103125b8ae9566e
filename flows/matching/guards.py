"""Guards: what is doubted before it counts, and what settles the doubt. Pure: a quote and what is known, no clock.

jump         a price 30 times its listing's own recent median, or a thirtieth of it
unit_flip    a jump by about a power of ten: cents for dollars, satoshi for bitcoin
future_time  a time of its own that has not come yet

A quote in doubt is held: its source is as good as silent about the coin until the quote is confirmed, released by a
person, or taken back by the source itself. What is no number above zero never comes so far: reading rejects it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from flows.fields import SLIGHTLY_AHEAD
from flows.matching.entries import observed_at
from models.outcomes import HoldReason
from models.records import Hold, Quote, Witness

JUMP = Decimal(30)
"""Times up or down from which a price is doubted. Coins fall by 95 % in a day (a twentieth) and rise tenfold; errors
of unit begin at a hundred."""
RECENT = timedelta(days=3)
"""How far back a listing's own median looks: a glitch of a day does not move it, a real move is in it two days later."""
NEAR = Decimal("1.5")
"""Times within which two prices tell the same: a coin that has just crashed swings that much between two looks."""
UNIT_NEAR = Decimal("1.2")
"""Times within which a jump is told as a power of ten: what a coin moves beside it in days."""
CONFIRMED_AFTER = 3
"""Observations that confirm each other where nobody contradicts: the first, and two more."""
STANDS_STILL_AFTER = timedelta(hours=3)
"""How long every price, market cap and volume of a source must be the same before it counts as frozen: eight runs."""
STANDS_STILL_FROM = 10
"""Quotes that a source must have to be called frozen: a few coins may well rest."""
FEW = Decimal("0.5")
"""The share of its usual quotes below which a source's run is told as thin."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a listing cost before a quote."""

    median: Decimal
    """Its own, of late."""
    accepted: Decimal | None = None
    """A price far from the median that was confirmed or released of late."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a quote cannot be believed as it is."""

    reason: HoldReason
    detail: str
    known_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a quote, and of the one that its listing has waiting."""

    passes: bool
    waiting: Hold | None
    """What is held from now on."""
    withdrawn: Hold | None = None
    """What was held, and is contradicted by its own source."""


def judge(quote: Quote, known: Known | None, waiting: Hold | None) -> Verdict:
    """Let a quote pass or hold it. `waiting`: the one that is held of its listing; `known` None: nothing to go by."""
    doubt = doubt_of(quote, known)
    at = moment_of(quote, doubt)
    is_again = waiting is not None and _repeats(quote, doubt, waiting)
    if waiting is not None and at <= waiting.last_seen_at:
        passes = doubt is None and not is_again
        return Verdict(passes, waiting)  # seen before, or overtaken: it is no news of what waits
    if waiting is not None and is_again:
        seen = replace(waiting, quote=quote, last_seen_at=at, times_seen=waiting.times_seen + 1)
        return Verdict(passes=False, waiting=seen)
    if doubt is None:
        return Verdict(passes=True, waiting=None, withdrawn=waiting)
    held = Hold(quote, doubt.reason, doubt.detail, doubt.known_usd, first_seen_at=at, last_seen_at=at)
    return Verdict(passes=False, waiting=held, withdrawn=waiting)


def doubt_of(quote: Quote, known: Known | None) -> Doubt | None:
    """Say what is wrong with a quote, if anything is."""
    told_at = quote.source_updated_at
    if told_at is not None and told_at > quote.fetched_at + SLIGHTLY_AHEAD:
        return Doubt(HoldReason.FUTURE_TIME, f"its time {told_at:%Y-%m-%d %H:%M} UTC had not come yet")
    if known is None or times(quote.price_usd, known.median) < JUMP:
        return None
    if known.accepted is not None and times(quote.price_usd, known.accepted) < JUMP:
        return None
    return _jump(quote.price_usd, known.median)


def moment_of(quote: Quote, doubt: Doubt | None) -> datetime:
    """Give the time that a quote speaks for; one that has not come yet is not believed."""
    is_ahead = doubt is not None and doubt.reason is HoldReason.FUTURE_TIME
    return quote.fetched_at if is_ahead else observed_at(quote)


def confirmation(hold: Hold, others: Sequence[Witness], window: timedelta) -> str | None:
    """Say what confirms a held price; None: nothing does yet.

    Another source that says the same within `window` does at once. Its own source does by repetition, unless another
    is nearer to what the coin cost before. Nothing confirms a time that has not come yet, or what a person rejected.
    """
    if hold.known_usd is None or hold.is_rejected:
        return None
    price, known = hold.quote.price_usd, hold.known_usd
    heard = [
        one for one in others if one.source != hold.quote.source and abs(one.at - hold.last_seen_at) <= window
    ]
    if agreeing := sorted({one.source for one in heard if times(one.price_usd, price) <= NEAR}):
        return f"{' and '.join(agreeing)} said so too"
    if any(times(one.price_usd, known) < times(one.price_usd, price) for one in heard):
        return None
    return f"said {hold.times_seen} times" if hold.times_seen >= CONFIRMED_AFTER else None


def is_thin(quoted: int, usual: int) -> bool:
    """Tell whether a run brought so few quotes that a person should look."""
    return quoted < usual * FEW


def times(price: Decimal, other: Decimal) -> Decimal:
    """Tell how many times the larger of two prices is the smaller."""
    low, high = sorted((price, other))
    return high / low


def _repeats(quote: Quote, doubt: Doubt | None, waiting: Hold) -> bool:
    """Tell whether a quote says again what its listing has waiting.

    What a person rejected is that also when nobody would doubt it any more, as after days without a price; not
    so once it is nearer to what the coin cost before.
    """
    reason = doubt.reason if doubt else None
    if HoldReason.FUTURE_TIME in {reason, waiting.reason}:
        return reason is waiting.reason
    moved = times(quote.price_usd, waiting.quote.price_usd)
    if doubt is None and not (waiting.is_rejected and _is_far(quote.price_usd, waiting.known_usd, moved)):
        return False
    return moved <= NEAR


def _is_far(price: Decimal, known: Decimal | None, moved: Decimal) -> bool:
    return known is None or times(price, known) > moved


def _jump(price: Decimal, median: Decimal) -> Doubt:
    factor, is_up = times(price, median), price > median
    found = f"{factor:,.0f} times" if is_up else f"1/{factor:,.0f} of"
    detail = f"its price is {found} its recent median of {median:f} US dollars"
    unit = Decimal(10) ** round(math.log10(factor))
    if times(factor, unit) > UNIT_NEAR:
        return Doubt(HoldReason.JUMP, detail, median)
    told = f"{detail}, as if told in a unit {unit:,.0f} times {'smaller' if is_up else 'larger'}"
    return Doubt(HoldReason.UNIT_FLIP, told, median)
