"""Uids: made once from the CoinGecko id, else from the name, and never used for anything else again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b

from flows.matching.normalize import Profile, plain

_MAX_LENGTH = 64


class Uids:
    """The uids that are taken, and the next number to try for each name: many coins may bear the same."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._numbers: defaultdict[str, int] = defaultdict(lambda: 2)

    def found(self, profile: Profile) -> str:
        """Take the uid of a new asset from its most trusted listing; numbered from 2 where the plain one is taken."""
        uid = wanted = wanted_uid(profile)
        while uid in self._taken:
            uid = f"{wanted}-{self._numbers[wanted]}"
            self._numbers[wanted] += 1
        self._taken.add(uid)
        return uid


def wanted_uid(profile: Profile) -> str:
    """Make the uid this listing would have if it were alone in the world."""
    listing = profile.entry.listing
    texts = (listing.source_id,) if listing.source == "coingecko" else (listing.name or "", listing.source_id)
    for text in texts:
        if slug := _slug(text):
            return slug
    return "asset-" + blake2b("\n".join(profile.key).encode(errors="replace"), digest_size=6).hexdigest()


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", plain(text[: 4 * _MAX_LENGTH])[0]))[:_MAX_LENGTH].strip("-")
