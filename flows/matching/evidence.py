"""The evidence: each function says how much one fact speaks for or against two listings being the same coin.

A function's docstring is its published explanation. It gives points (see `weights`) and a reason in words, or None
where it has nothing to say. `veto` marks evidence that forbids the matcher, though not a person, to link.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from flows.matching import weights
from flows.matching.block import Blocks, name_pairs, symbol_pairs
from flows.matching.entries import observed_at
from flows.matching.likeness import is_near, similarity
from flows.matching.normalize import Name, Profile, name_of


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact: what it is about, what it counts, and the sentence a person reads."""

    kind: str
    points: float
    reason: str
    veto: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two listings side by side, among all others."""

    left: Profile
    right: Profile
    blocks: Blocks

    @property
    def both(self) -> tuple[Profile, Profile]:
        """Give both listings."""
        return self.left, self.right


def contract(pair: Comparison) -> Evidence | None:
    """Decide by a contract address that both list; different contracts on the same chain forbid a link.

    A contract that one source lists at several ids says nothing. Where some agree and some differ, as with two
    bridged versions, agreement must be as frequent as difference.
    """
    chains = pair.left.addresses.keys() & pair.right.addresses.keys()
    shared = {chain: pair.left.addresses[chain] & pair.right.addresses[chain] for chain in chains}
    agreed = sorted(address for chain in chains for address in shared[chain] if _is_exclusive(pair, address))
    differ = sorted(chain for chain in chains if not shared[chain])
    if not agreed:
        if differ:
            return Evidence("contract", 0.0, f"contracts differ on {', '.join(differ)}", veto=True)
        return Evidence("contract", 0.0, "a shared contract is listed at several ids") if chains else None
    if not differ:
        return Evidence("contract", weights.SHARED_CONTRACT, f"both list {agreed[0]}")
    return Evidence(
        "contract",
        weights.SHARED_AND_DIFFERENT_CONTRACTS,
        f"both list {agreed[0]}, but differ on {', '.join(differ)}",
        veto=len(differ) > len(agreed),
    )


def symbol(pair: Comparison) -> Evidence | None:
    """Weigh the symbol: the same one counts the more, the fewer listings carry it; another one speaks against."""
    left, right = pair.left.symbol, pair.right.symbol
    if not left or not right:
        return None
    if left == right:
        count = symbol_pairs(pair.blocks, *pair.both)
        gain = weights.SAME_SYMBOL + weights.at_most(weights.SAME_SYMBOL_RARE, count)
        rarity = "carried by nobody else" if count == 1 else f"one of {count} possible pairs"
        return Evidence("symbol", gain, f"same symbol {left.upper()[:40]!r}, {rarity}")
    if left in pair.right.former_symbols or right in pair.left.former_symbols:
        return Evidence(
            "symbol",
            weights.FORMER_SYMBOL,
            f"symbols {left[:40]!r} and {right[:40]!r}: one id keeps the other",
        )
    if is_near(left, right):
        return Evidence("symbol", weights.NEAR_SYMBOL, f"symbols {left[:40]!r} and {right[:40]!r} are close")
    return Evidence("symbol", weights.OTHER_SYMBOL, f"symbols differ: {left[:40]!r} and {right[:40]!r}")


def name(pair: Comparison) -> Evidence | None:
    """Weigh the names by their telling words; "Token" or "Network" more or less counts little.

    A name that only repeats the symbol adds little to an equal symbol, and does not contradict another name.
    Names that differ count less against a link whose ids agree: coins are renamed, ids stay.
    """
    found = name_similarity(pair)
    if found is None:
        return None
    agreement, left, right = found
    if _only_one_repeats(pair, left, right):
        return Evidence("name", 0.0, "a name only repeats the symbol")
    gain = weights.points(weights.NAME_POINTS, agreement)
    if agreement >= weights.SAME_NAME:
        gain += weights.at_most(weights.SAME_NAME_RARE, name_pairs(pair.blocks, left.stem, *pair.both))
    if gain > 0 and _only_repeat(pair, left, right):
        gain *= weights.REPEATED_SYMBOL
    if gain < 0 and _ids_agree(pair):
        gain = max(gain, weights.RENAMED)
    return Evidence("name", gain, f"names agree {agreement:.0%}: {_shown(left)} and {_shown(right)}")


def slug(pair: Comparison) -> Evidence | None:
    """Weigh the words inside the ids against each other, and, where the names differ, against the names.

    An id is what a coin was called when it was first listed.
    """
    left, right = pair.left.slug, pair.right.slug
    if not left.compact or not right.compact:
        return None
    agreement = _beside_symbol(pair, left, right)
    named = name_similarity(pair)
    if named is None or named[0] < weights.SAME_NAME:
        agreement = max(agreement, weights.ID_LIKE_NAME * _id_and_name(pair))
    if _only_one_repeats(pair, left, right):
        agreement = 0.0
    gain = weights.points(weights.SLUG_POINTS, agreement)
    if gain > 0 and _only_repeat(pair, left, right):
        gain *= weights.REPEATED_SYMBOL
    return Evidence("slug", gain, f"ids agree {agreement:.0%}")


def called(pair: Comparison) -> Evidence | None:
    """Count it that one listing is called by the symbol of the other, or by a short form of its name.

    Only where hardly another listing that is left carries the symbol, else it is the symbol alone, told twice; and,
    where both sides have numbers, only if the numbers agree: new coins take the symbols of old ones.
    """
    found = name_similarity(pair)
    if found is None or not _only_one_repeats(pair, *found[1:]):
        return None
    if not _supported_by_size(pair):
        return None
    count = symbol_pairs(pair.blocks, *pair.both)
    if found[0] >= weights.CONTAINED and (gain := weights.at_most(weights.CALLED_SHORT, count)):
        return Evidence(
            "called", gain, f"one name stands for the other: {_shown(found[1])} and {_shown(found[2])}"
        )
    if count == 1 and pair.left.symbol in {name.compact for name in found[1:]}:
        return Evidence("called", weights.CALLED_BY_SYMBOL, f"one is called just {pair.left.symbol[:40]!r}")
    return None


def marks(pair: Comparison) -> Evidence | None:
    """Hold against a link that one name says old, new, v2, wrapped, 3x and the other does not."""
    different = _marks(pair.left) ^ _marks(pair.right)
    if not different:
        return None
    return Evidence(
        "marks",
        min(map(weights.mark_points, different)),
        f"only one is called {', '.join(sorted(different))}",
        veto=bool(different & weights.BRIDGED),
    )


def disguise(pair: Comparison) -> Evidence | None:
    """Forbid a link to a listing whose letters pose as others, such as a Cyrillic letter in a Latin word."""
    if not pair.left.is_disguised and not pair.right.is_disguised:
        return None
    return Evidence("disguise", 0.0, "letters of a name pose as others", veto=True)


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


EVIDENCE: tuple[Callable[[Comparison], Evidence | None], ...] = (
    contract,
    symbol,
    name,
    slug,
    called,
    marks,
    disguise,
    activity,
    kind,
    price,
    size,
)
"""All of it, in the order in which reasons are told."""


def name_similarity(pair: Comparison) -> tuple[float, Name, Name] | None:
    """Find the pair of names, former ones included, that agree best; None where a name is missing."""
    found = [
        (_beside_symbol(pair, one, other), one, other)
        for one in pair.left.names
        for other in pair.right.names
    ]
    return max(found, key=lambda match: match[0], default=None)


def _beside_symbol(pair: Comparison, left: Name, right: Name) -> float:
    """Tell how alike two designations are; a shared symbol that both contain as a word is not counted twice."""
    alike, symbol = similarity(left, right), pair.left.symbol
    is_word_of_both = symbol == pair.right.symbol and symbol in {*left.words} & {*right.words}
    if alike >= weights.SAME_NAME or not is_word_of_both or symbol in {left.stem, right.stem}:
        return alike
    return similarity(
        *(name_of(" ".join(word for word in one.words if word != symbol)) for one in (left, right))
    )


def _ids_agree(pair: Comparison) -> bool:
    return similarity(pair.left.slug, pair.right.slug) >= weights.SAME_NAME


def _id_and_name(pair: Comparison) -> float:
    found = [similarity(pair.left.slug, other) for other in pair.right.names]
    found += [similarity(other, pair.right.slug) for other in pair.left.names]
    return max(found, default=0.0)


def _marks(profile: Profile) -> frozenset[str]:
    return profile.slug.marks.union(*(name.marks for name in profile.names[:1]))


def _is_exclusive(pair: Comparison, address: str) -> bool:
    return all(pair.blocks.count(("contract", address), profile.source) == 1 for profile in pair.both)


def _only_one_repeats(pair: Comparison, left: Name, right: Name) -> bool:
    """Tell whether one designation is just the symbol that both carry, and the other is more or something else."""
    return (
        pair.left.symbol == pair.right.symbol
        and left.stem != right.stem
        and pair.left.symbol in {left.stem, right.stem}
    )


def _only_repeat(pair: Comparison, left: Name, right: Name) -> bool:
    """Tell whether two designations agree on nothing but a symbol that both listings carry anyway, or nearly."""
    symbols = {pair.left.symbol, pair.right.symbol}
    return (
        left.stem == right.stem
        and left.stem in symbols & {left.compact, right.compact}
        and is_near(pair.left.symbol, pair.right.symbol)
    )


def _supported_by_size(pair: Comparison) -> bool:
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


def _shown(designation: Name) -> str:
    return repr(" ".join(designation.words)[:60])
