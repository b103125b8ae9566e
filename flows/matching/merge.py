"""What an asset shows, from what its listings say: one price nobody invented, and the best-known names and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from flows.matching import weights
from flows.matching.entries import Entry, Key, observed_at
from flows.matching.guards import STANDS_STILL_AFTER
from models.records import AssetIdentity, PriceInput, Quote, UnifiedPrice

T = TypeVar("T")

WEIGHTED_MEDIAN = "weighted_median"
SINGLE_SOURCE = "single_source"
NONE_FRESH = "none_fresh"
NEWER_HELD = "a newer price is held"
"""What the reason says of a price that is used, or stale, because a guard holds the one after it."""


@dataclass(frozen=True, slots=True)
class MergedAsset:
    """An asset as published: names from its most trusted listing, numbers from fresh quotes only."""

    uid: str
    symbol: str | None
    name: str
    image_url: str | None
    price: UnifiedPrice
    rank: int | None
    market_cap_usd: Decimal | None
    volume_usd_24h: Decimal | None
    percent_change_1h: Decimal | None
    percent_change_24h: Decimal | None
    percent_change_7d: Decimal | None
    circulating_supply: Decimal | None
    total_supply: Decimal | None
    max_supply: Decimal | None


def merge_asset(identity: AssetIdentity, entries: Sequence[Entry], price: UnifiedPrice) -> MergedAsset:
    """Choose what to show of an asset, each field from the most trusted listing that has it.

    `entries` are the asset's accepted listings. Numbers come only from fresh quotes; what nobody says stays None.
    """
    trusted = sorted(
        entries,
        key=lambda entry: (entry.listing.is_active is False, *weights.source_rank(entry.key[0]), entry.key),
    )
    listings = [entry.listing for entry in trusted]
    left_out = {(used.source, used.source_id) for used in price.inputs if not used.is_used}
    quotes = [
        entry.quote for entry in trusted if entry.quote and entry.is_fresh and entry.key not in left_out
    ]
    symbol = _first(listing.symbol for listing in listings)
    return MergedAsset(
        uid=identity.uid,
        symbol=symbol.upper() if symbol else identity.symbol,
        name=_first(listing.name for listing in listings) or identity.name,
        image_url=_first(listing.image_url for listing in listings),
        price=price,
        rank=_first(quote.rank for quote in quotes),
        market_cap_usd=_first(quote.market_cap_usd for quote in quotes),
        volume_usd_24h=_first(quote.volume_usd_24h for quote in quotes),
        percent_change_1h=_first(quote.percent_change_1h for quote in quotes),
        percent_change_24h=_first(quote.percent_change_24h for quote in quotes),
        percent_change_7d=_first(quote.percent_change_7d for quote in quotes),
        circulating_supply=_first(quote.circulating_supply for quote in quotes),
        total_supply=_first(quote.total_supply for quote in quotes),
        max_supply=_first(quote.max_supply for quote in quotes),
    )


def unify_price(
    inputs: Sequence[Entry], as_of: datetime, window: timedelta, recent: Mapping[Key, Decimal] | None = None
) -> UnifiedPrice:
    """Draw one price from an asset's accepted listings: the weighted median of those seen within `window`.

    Every quote is kept in `inputs`, also one that was left out: stale, of a frozen source, not positive, or an outlier, far from the
    other sources or from `recent`, its own median of late. The price lies between the lowest and highest used.
    `as_of` of the result is the oldest time used, so that nothing old passes for new. None fresh: no price.
    """
    judged = _leave_out_outliers(_judged(inputs, as_of, window), recent or {})
    used = [one for one in judged if one.is_used]
    if not used:
        return UnifiedPrice(None, NONE_FRESH, None, 0.0, None, tuple(judged))
    price = _weighted_median([(one.price_usd, _weight(one, as_of, window)) for one in used])
    spread = _spread(used, price)
    return UnifiedPrice(
        price_usd=price,
        method=WEIGHTED_MEDIAN if len(used) > 1 else SINGLE_SOURCE,
        spread=spread,
        confidence=_confidence(used, judged, spread, as_of, window),
        as_of=min(one.as_of for one in used),
        inputs=tuple(judged),
    )


def disputed(inputs: Sequence[Entry], as_of: datetime, window: timedelta) -> list[Key]:
    """Name an asset's two fresh listings whose prices are so far apart that only their own past can tell which is off.

    None where there are more, of which the others judge, or fewer.
    """
    used = [one for one in _judged(inputs, as_of, window) if one.is_used]
    return [_key(one) for one in used] if _are_two_apart(used) else []


def _judged(inputs: Iterable[Entry], as_of: datetime, window: timedelta) -> list[PriceInput]:
    return [_judge(entry, entry.quote, as_of, window) for entry in _ordered(inputs) if entry.quote]


def _are_two_apart(used: Sequence[PriceInput]) -> bool:
    prices = [one.price_usd for one in used]
    return 1 < len(prices) < weights.OUTLIER_QUORUM and _gap(max(prices), min(prices)) > weights.OUTLIER_GAP


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (*weights.source_rank(entry.key[0]), entry.key))


def _judge(entry: Entry, quote: Quote, as_of: datetime, window: timedelta) -> PriceInput:
    seen_at, (source, source_id) = observed_at(quote), entry.key
    fault = _fault(entry, quote, as_of, window)
    reason = fault or "used"
    if entry.held_because:
        reason += f"; {NEWER_HELD}: {entry.held_because}"
    return PriceInput(source, source_id, quote.price_usd, seen_at, fault is None, reason)


def _fault(entry: Entry, quote: Quote, as_of: datetime, window: timedelta) -> str | None:
    """Say why a quote cannot be used, in words that stay the same: a growing age would change the asset at every run."""
    if as_of - observed_at(quote) > window:
        return f"stale: more than {_shown(window)} old"
    if entry.is_frozen:
        return (
            f"stale: {entry.listing.source} has said the same of every coin for {_shown(STANDS_STILL_AFTER)}"
        )
    if not quote.price_usd.is_finite() or quote.price_usd <= 0:
        return "not a positive price"
    return None


def _leave_out_outliers(judged: Sequence[PriceInput], recent: Mapping[Key, Decimal]) -> list[PriceInput]:
    """Leave out a price far from the others; with two sources apart, the one far from its own recent median."""
    used = [one for one in judged if one.is_used]
    reasons: dict[Key, str] = {}
    if len(used) >= weights.OUTLIER_QUORUM:
        middle = _weighted_median([(one.price_usd, Decimal(1)) for one in used])
        reasons = {
            _key(one): f"outlier: {gap:.0%} from the others"
            for one in used
            if (gap := _gap(one.price_usd, middle)) > weights.OUTLIER_GAP
        }
    elif _are_two_apart(used):
        strayed = {
            _key(one): gap
            for one in used
            if (known := recent.get(_key(one))) and (gap := _gap(one.price_usd, known)) > weights.OUTLIER_GAP
        }
        if len(strayed) < len(used):
            reasons = {key: f"outlier: {gap:.0%} from its own recent median" for key, gap in strayed.items()}
    return [
        replace(one, is_used=False, reason=reasons[_key(one)])
        if one.is_used and _key(one) in reasons
        else one
        for one in judged
    ]


def _weighted_median(weighted: Sequence[tuple[Decimal, Decimal]]) -> Decimal:
    """Find the price with half of the weight on either side; midway between two where the halves are equal."""
    ordered = sorted(weighted)
    half = sum(weight for _, weight in ordered) / 2
    below = Decimal(0)
    for index, (price, weight) in enumerate(ordered):
        below += weight
        if below == half and index + 1 < len(ordered):
            return (price + ordered[index + 1][0]) / 2
        if below >= half:
            return price
    return ordered[-1][0]


def _weight(one: PriceInput, as_of: datetime, window: timedelta) -> Decimal:
    """Trust a source by the table, and an older quote down to half."""
    trust = weights.PRICE_TRUST.get(one.source, weights.PRICE_TRUST_OTHERS)
    return trust * (1 - Decimal(str(round(_age(one, as_of, window), 3))) / 2)


def _age(one: PriceInput, as_of: datetime, window: timedelta) -> float:
    """Tell how much of the window has passed, 0 to 1; a source whose clock is ahead is new."""
    return min(1.0, max(0.0, (as_of - one.as_of) / window)) if window else 0.0


def _confidence(
    used: Sequence[PriceInput],
    judged: Sequence[PriceInput],
    spread: Decimal | None,
    as_of: datetime,
    window: timedelta,
) -> float:
    """Rate the price: more sources, closer together and newer is better; outliers and what is held count against."""
    by_count = weights.CONFIDENCE_BY_SOURCES[min(len(used), len(weights.CONFIDENCE_BY_SOURCES)) - 1]
    closeness = max(0.0, 1 - float(spread or 0) / weights.HOPELESS_SPREAD)
    newness = 1 - sum(_age(one, as_of, window) for one in used) / len(used) / 4
    doubted = sum(one.reason.startswith("outlier") or NEWER_HELD in one.reason for one in judged)
    return round(by_count * (0.3 + 0.7 * closeness) * newness * len(used) / (len(used) + doubted), 4)


def _spread(used: Sequence[PriceInput], price: Decimal) -> Decimal | None:
    if len(used) < 2:  # noqa: PLR2004 - one price has no spread
        return None
    distance = max(one.price_usd for one in used) - min(one.price_usd for one in used)
    return round(distance / price, 8)


def _gap(price: Decimal, other: Decimal) -> Decimal:
    return abs(price - other) / other if other else Decimal(0)


def _key(one: PriceInput) -> Key:
    return one.source, one.source_id


def _shown(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f} min"


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None and value != ""), None)
