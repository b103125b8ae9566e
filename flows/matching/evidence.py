"""The evidence: each function says how much one fact speaks for or against two listings being the same coin.

A function's docstring is its published explanation. It gives points (see `weights`) and a reason in words, or None
where it has nothing to say. `veto` marks evidence that forbids the matcher, though not a person, to link.
"""

from __future__ import annotations

from collections.abc import Callable

from flows.matching import weights
from flows.matching.block import symbol_pairs
from flows.matching.comparison import Comparison, Evidence
from flows.matching.designation import called, name, slug
from flows.matching.likeness import is_near
from flows.matching.lineage import marks, second_bearer, twin
from flows.matching.standing import activity, kind, price, size


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


def disguise(pair: Comparison) -> Evidence | None:
    """Forbid a link to a listing whose letters pose as others, such as a Cyrillic letter in a Latin word."""
    if not pair.left.is_disguised and not pair.right.is_disguised:
        return None
    return Evidence("disguise", 0.0, "letters of a name pose as others", veto=True)


def _is_exclusive(pair: Comparison, address: str) -> bool:
    return all(pair.blocks.count(("contract", address), profile.source) == 1 for profile in pair.both)


EVIDENCE: tuple[Callable[[Comparison], Evidence | None], ...] = (
    contract,
    symbol,
    name,
    slug,
    called,
    marks,
    second_bearer,
    twin,
    disguise,
    activity,
    kind,
    price,
    size,
)
"""All of it, in the order in which reasons are told."""
