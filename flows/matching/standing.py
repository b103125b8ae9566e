"""Evidence in how coins stand: dead or alive, coin or token, price, market cap and rank.

Numbers are compared only where they are of the same hours: months apart they say nothing about identity.
"""

from __future__ import annotations

import math
from decimal import Decimal

from flows.matching import weights
from flows.matching.comparison import Comparison, Evidence
from flows.matching.entries import observed_at


def activity(pair: Comparison) -> Evidence | None:
    """Hold against a link that one source calls its listing dead."""
    states = [profile.entry.listing.is_active for profile in pair.both]
    if False in states and states != [False, False]:
        return Evidence("activity", weights.INACTIVE, "one listing is inactive")
    return None


def kind(pair: Comparison) -> Evidence | None:
    """Hold against a link that one is a coin with its own chain and the other a token."""
    left, right = (profile.entry.listing.kind for profile in pair.both)
    if left is None or right is None or left == right:
        return None
    return Evidence("kind", weights.KIND_DIFFERS, f"one is a {left}, the other a {right}")


def price(pair: Comparison) -> Evidence | None:
    """Compare prices when both are fresh and of the same hours: close ones agree, far ones forbid a link."""
    left, right = (profile.entry.quote for profile in pair.both)
    if left is None or right is None or not _is_comparable(pair):
        return None
    low, high = sorted((left.price_usd, right.price_usd))
    if low <= 0:
        return None
    gap = float(min((high - low) / low, Decimal(10**6)))
    return Evidence(
        "price",
        weights.points(weights.PRICE_POINTS, gap),
        f"prices are {gap:.1%} apart",
        veto=gap >= weights.PRICE_VETO,
    )


def size(pair: Comparison) -> Evidence | None:
    """Compare market caps when both are fresh, else ranks: coins of very different size are hardly the same.

    Where only one side ranks, the better known coin is the likelier one.
    """
    left, right = (profile.entry.quote for profile in pair.both)
    if left and right and _is_comparable(pair) and left.market_cap_usd and right.market_cap_usd:
        times = _ratio(left.market_cap_usd, right.market_cap_usd)
        return Evidence(
            "size", weights.points(weights.CAP_POINTS, times), f"market caps differ {times:.1f} times"
        )
    ranks = [profile.entry.rank_in_source for profile in pair.both]
    if ranks[0] and ranks[1]:
        times = _ratio(Decimal(ranks[0]), Decimal(ranks[1]))
        return Evidence(
            "size", weights.points(weights.RANK_POINTS, times), f"ranks {ranks[0]} and {ranks[1]}"
        )
    if known := next(filter(None, ranks), None):
        return Evidence(
            "size",
            weights.points(weights.PROMINENCE_POINTS, math.log10(known)),
            f"ranked {known} by one side",
        )
    return None


def do_numbers_allow(pair: Comparison) -> bool:
    """Tell whether the numbers on both sides, if there are any, support that the coins are the same."""
    left, right = pair.left.entry, pair.right.entry
    if left.quote and right.quote and _is_comparable(pair):
        return (weigh := price(pair)) is not None and weigh.points > 0
    if left.rank_in_source and right.rank_in_source:
        return _ratio(Decimal(left.rank_in_source), Decimal(right.rank_in_source)) <= weights.SAME_SIZE
    return not (left.quote and right.quote)


def _is_comparable(pair: Comparison) -> bool:
    left, right = pair.left.entry, pair.right.entry
    if left.quote is None or right.quote is None or not (left.is_fresh and right.is_fresh):
        return False
    return abs(observed_at(left.quote) - observed_at(right.quote)) <= weights.PRICE_WINDOW


def _ratio(left: Decimal, right: Decimal) -> float:
    low, high = sorted((left, right))
    return float(min(high / low, Decimal(10**6))) if low > 0 else 1.0
