"""Uids: made once from the CoinGecko id, else from the name, and never used for anything else again."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from hashlib import blake2b

LENGTH_AT_MOST = 64
FORM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""How every uid is written: lower-case ASCII words joined by single hyphens."""


class Uids:
    """The uids that are taken, and the next number to try for each name: many coins may bear the same."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._numbers: defaultdict[str, int] = defaultdict(lambda: 2)

    def found(self, source: str, source_id: str, name: str | None) -> str:
        """Take the uid of a new asset from its most trusted listing; numbered from 2 where the plain one is taken."""
        uid = wanted = wanted_uid(source, source_id, name)
        while uid in self._taken:
            uid = f"{wanted}-{self._numbers[wanted]}"
            self._numbers[wanted] += 1
        self._taken.add(uid)
        return uid


def wanted_uid(source: str, source_id: str, name: str | None) -> str:
    """Make the uid this listing would have if it were alone in the world."""
    texts = (source_id,) if source == "coingecko" else (name or "", source_id)
    for text in texts:
        if slug := _slug(text):
            return slug
    return "asset-" + blake2b(f"{source}\n{source_id}".encode(errors="replace"), digest_size=6).hexdigest()


def _slug(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text[: 4 * LENGTH_AT_MOST]).casefold()
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    return "-".join(re.findall(r"[a-z0-9]+", letters))[:LENGTH_AT_MOST].strip("-")
