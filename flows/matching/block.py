"""Which listings are compared at all: those that share a key, never everything with everything.

Keys are exact (a contract, a symbol, a telling name, an id), so the cost grows with the listings, not with their
square. A key that a crowd shares tells nothing and is dropped; that a crowd exists is reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from flows.matching import normalize, weights
from flows.matching.entries import Conflict, Entry, Key
from flows.matching.normalize import Profile

BlockKey = tuple[str, str]
Pair = tuple[Key, Key]
"""Two listings of different sources, the source whose word counts first leading."""
Side = tuple[Key, str]
"""A listing and the source it looks for its like in."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The listings under each key, by source, and how common each key is."""

    profiles: Mapping[Key, Profile]
    members: Mapping[BlockKey, Mapping[str, tuple[Key, ...]]]
    settled: frozenset[Side] = frozenset()
    """Listings that have found their like in a source, and are out of the way there."""

    def count(self, key: BlockKey, source: str) -> int:
        """Count the listings of `source` under `key`."""
        return len(self.members.get(key, {}).get(source, ()))

    def claimants(self, key: BlockKey, profile: Profile, against: str) -> int:
        """Count this listing, and those of its source that could as well have their like under `key` in `against`.

        Neither dead listings nor those that have found their like count.
        """
        found = self.members.get(key, {}).get(profile.source, ())
        if len(found) > weights.CROWD:
            return len(found)
        return 1 + sum(
            self.profiles[other].entry.listing.is_active is not False and (other, against) not in self.settled
            for other in found
            if other != profile.key
        )

    def pairs(self) -> list[Pair]:
        """List every pair worth comparing, once, in a stable order."""
        found: set[Pair] = set()
        for by_source in self.members.values():
            for left, right in combinations(sorted(by_source, key=weights.source_rank), 2):
                if max(len(by_source[left]), len(by_source[right])) <= weights.CROWD:
                    found.update((a, b) for a in by_source[left] for b in by_source[right])
        if self.settled:
            found = {(a, b) for a, b in found if not self.settled & {(a, b[0]), (b, a[0])}}
        return sorted(found)

    def without(self, settled: Iterable[Side]) -> Blocks:
        """Give the same blocks with more listings out of the way."""
        return replace(self, settled=self.settled | frozenset(settled))

    def crowds(self) -> Iterator[Conflict]:
        """Tell the keys that too many listings of one source share to say anything."""
        for key, by_source in sorted(self.members.items()):
            for source, keys in sorted(by_source.items()):
                if len(keys) > weights.CROWD and len(by_source) > 1:
                    detail = f"{len(keys)} listings of {source} share the {key[0]} {key[1][:80]!r}: it was not used as evidence"
                    yield Conflict("crowd", keys[:3], detail)

    def shared_contracts(self) -> Iterator[Conflict]:
        """Tell the contracts that one source lists at several ids."""
        for key, by_source in sorted(self.members.items()):
            for source, keys in sorted(by_source.items()):
                if key[0] == "contract" and len(keys) > 1:
                    detail = (
                        f"{source} lists {key[1]} at {len(keys)} ids: it is no evidence until one remains"
                    )
                    yield Conflict("shared_contract", keys[: weights.CROWD], detail)


def block(profiles: Sequence[Profile]) -> Blocks:
    """Sort listings under their keys."""
    members: defaultdict[BlockKey, defaultdict[str, list[Key]]] = defaultdict(lambda: defaultdict(list))
    for profile in sorted(profiles, key=lambda profile: profile.key):
        for key in sorted(block_keys(profile)):
            members[key][profile.source].append(profile.key)
    frozen = {
        key: {source: tuple(keys) for source, keys in members.pop(key).items()}  # never both there in full
        for key in list(members)
    }
    return Blocks({profile.key: profile for profile in profiles}, frozen)


class NearPriced:
    """Leaves out listings without a quote that share no key with one that has: they can neither be it nor rival it."""

    def __init__(self) -> None:
        self._priced: set[BlockKey] = set()

    def takes(self, entry: Entry) -> bool:
        """Tell whether a listing is to be matched. Show it those with a quote first."""
        keys = block_keys(normalize.profile(entry))
        if entry.quote:
            self._priced |= keys
        return entry.quote is not None or not self._priced.isdisjoint(keys)


def block_keys(profile: Profile) -> set[BlockKey]:
    """List the keys under which a listing may meet its like."""
    keys = {("contract", address) for addresses in profile.addresses.values() for address in addresses}
    keys |= {("name", name.stem) for name in (*profile.names, profile.slug) if len(name.stem) > 1}
    keys |= {("symbol", symbol) for symbol in (profile.symbol, *profile.former_symbols) if symbol}
    return keys


def symbol_pairs(blocks: Blocks, left: Profile, right: Profile) -> int:
    """Count the pairs of listings that could claim this symbol: 1 means it is nobody else's."""
    return _pairs(blocks, ("symbol", left.symbol), left, right)


def name_pairs(blocks: Blocks, stem: str, left: Profile, right: Profile) -> int:
    """Count the pairs of listings that could claim this name."""
    return _pairs(blocks, ("name", stem), left, right)


def _pairs(blocks: Blocks, key: BlockKey, left: Profile, right: Profile) -> int:
    return blocks.claimants(key, left, right.source) * blocks.claimants(key, right, left.source)
