"""Uids: made once from the CoinGecko id, else from the name, and never used for anything else again."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from hashlib import blake2b
from itertools import count

from flows.matching.cluster import trust
from flows.matching.entries import Key
from flows.matching.normalize import Profile, plain

_MAX_LENGTH = 64


def found_uid(profile: Profile, taken: AbstractSet[str]) -> str:
    """Make the uid of a new asset from its most trusted listing; numbered from 2 where the plain one is taken."""
    wanted = wanted_uid(profile)
    if wanted not in taken:
        return wanted
    return next(uid for number in count(2) if (uid := f"{wanted}-{number}") not in taken)


def wanted_uid(profile: Profile) -> str:
    """Make the uid this listing would have if it were alone in the world."""
    listing = profile.entry.listing
    texts = (listing.source_id,) if listing.source == "coingecko" else (listing.name or "", listing.source_id)
    for text in texts:
        if slug := _slug(text):
            return slug
    return "asset-" + blake2b("\n".join(profile.key).encode(errors="replace"), digest_size=6).hexdigest()


def founding_order(key: Key) -> tuple[tuple[int, str], str]:
    """Sort new assets, so that the same ones get the same uids whatever order they came in."""
    return trust(key)


def _slug(text: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", plain(text[: 4 * _MAX_LENGTH])[0]))[:_MAX_LENGTH].strip("-")
