"""The one table of what counts how much, and of the words that mean little or a lot.

Points behave like log-odds: evidence adds up. `ACCEPT` points are needed to link two listings, and `MARGIN` more
than any rival has. Nothing in here names a coin, an id or an address: these are rules about words and numbers.
"""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACCEPT = 5.5
"""Points from which two listings are taken for the same coin."""
REVIEW = 3.0
"""Points from which a person should look."""
MARGIN = 0.5
"""How far the best candidate must be ahead of the next."""
SCALE = 1.5
"""Points per unit of log-odds in the published score 0..1; `ACCEPT` is 0.5."""

SHARED_CONTRACT = 30.0
SHARED_AND_DIFFERENT_CONTRACTS = 12.0

SAME_SYMBOL = 4.0
SAME_SYMBOL_RARE = ((1, 2.5), (2, 1.8), (4, 1.2), (9, 0.5))
"""Extra points by how many pairs of listings share the symbol, at most."""
FORMER_SYMBOL = 2.5
NEAR_SYMBOL = -1.0
OTHER_SYMBOL = -5.0

NAME_POINTS = ((0.0, -3.0), (0.25, -0.5), (0.5, 2.0), (0.75, 3.5), (0.9, 4.5), (1.0, 6.0))
"""Similarity to points, straight lines between."""
SAME_NAME = 0.9
"""Similarity of names that are equal but for generic words; those then raise it to 1."""
SPACED_OTHERWISE = 0.98
"""Similarity of names that are equal but for where one word ends: "Moon Doge" and "MoonDoge"."""
SAME_NAME_RARE = ((1, 1.5), (2, 0.8))
REPEATED_SYMBOL = 0.5
"""What agreement counts where a name or id only repeats the equal symbol."""
MISSPELT = 0.95
"""What the share of equal letters counts as similarity."""
CONTAINED = 0.5
"""Similarity of a stem and one that begins or ends with it."""
ABBREVIATED = 0.6
"""Similarity of a name and one that it abbreviates to."""
RENAMED = -1.0
"""What different names count at most where the ids are equal."""
CALLED_SHORT = ((1, 1.5), (2, 1.0))
CALLED_SYMBOL_LENGTH = 3
"""Letters below which a symbol is too easily met by chance to stand for a name."""
CALLED_WORD = 0.5
"""Extra for a word that both names have beside the symbol, be it one that any coin may carry."""
CALLED_BY_SYMBOL = 1.0
SLUG_POINTS = ((0.0, -0.5), (0.6, 0.0), (0.75, 1.5), (0.9, 2.5), (1.0, 4.0))
ID_LIKE_NAME = 0.9

MARKS_DIFFER = -2.0
COPY_DIFFERS = -4.0
AGE_DIFFERS = -4.0
OTHER_CHAIN = -1.0
INACTIVE = -4.0
KIND_DIFFERS = -0.5

PRICE_WINDOW = timedelta(hours=6)
"""Two quotes further apart in time say nothing about each other."""
PRICE_POINTS = ((0.0, 2.0), (0.03, 2.0), (0.1, 0.5), (0.3, -2.0), (0.5, -4.0))
PRICE_VETO = 0.5
"""A gap this large (as a fraction of the lower price) is never accepted without a shared contract."""
CAP_POINTS = ((1.0, 1.0), (1.5, 0.5), (5.0, 0.0), (50.0, -1.5))
"""By the ratio of the larger market cap to the smaller."""
PROMINENCE_POINTS = ((1.0, 1.2), (4.0, 0.0))
"""By the decimal logarithm of the only rank known."""
RANK_POINTS = ((1.0, 0.5), (2.0, 0.0), (8.0, -1.0), (32.0, -4.0))
"""By the ratio of the larger rank to the smaller."""
SAME_SIZE = 1.25
"""Ratio of ranks up to which size supports that two coins are the same."""

CROWD = 24
"""Listings of one source under one key, above which the key tells nothing."""

SYMBOL_FIRST_IDS = frozenset({"coinpaprika"})
"""Sources whose ids are `symbol-name`."""
SOURCE_PRIORITY = ("coingecko", "coinpaprika", "coincap")
"""Whose word counts first for names and numbers; the others follow alphabetically."""

PRICE_TRUST = {"coingecko": Decimal("1.0"), "coinpaprika": Decimal("1.0"), "coincap": Decimal("0.8")}
PRICE_TRUST_OTHERS = Decimal("0.5")
OUTLIER_QUORUM = 3
"""So many fresh prices can tell which of them is out of line."""
OUTLIER_GAP = Decimal("0.2")
CONFIDENCE_BY_SOURCES = (0.5, 0.85, 0.95, 1.0)
HOPELESS_SPREAD = 0.2
"""A spread that leaves only a rest of confidence."""

GENERIC = _words(
    "token tokens coin coins protocol network finance financial dao platform chain blockchain project ecosystem "
    "foundation labs lab io com org net app the of and a by on for my official crypto cryptocurrency currency "
    "governance utility native defi erc bep trc 20"
)
"""Words that many coins add or drop."""
GENERIC_WEIGHT = 0.25
GENERIC_ENDINGS = ("protocol", "network", "finance", "token")
"""Cut from the end of a stem, on both sides alike."""

_COPY = _words("wrapped bridged bridge peg pegged wormhole staked leveraged")
_AGE = {"old": "old", "legacy": "old", "deprecated": "old", "new": "new", "classic": "classic"}
_CHAINS = _words("bsc eth heco polygon avax erc20 bep20 bep2 trc20")
_VERSION = re.compile(r"v\d+|\d+x")
_SHARE = _words("stock etf corp plc inc ltd")
"""Words of a company's share, or of a token that stands for one."""
BRIDGED = _words("bridged bridge peg pegged wormhole")


def mark_of(word: str) -> str | None:
    """Tell which mark a word is, if it is one: words that make it another coin, or the same on another chain."""
    if word in _COPY or word in _CHAINS or _VERSION.fullmatch(word):
        return word
    return "share" if word in _SHARE else _AGE.get(word)


def age_of(mark: str) -> str | None:
    """Tell whether a mark says that a coin is the older or the newer of its versions."""
    if mark in {"old", "v1"}:
        return "older"
    return "newer" if mark == "new" or re.fullmatch(r"v[2-9]\d*", mark) else None


def mark_points(mark: str) -> float:
    """Tell what it counts that only one listing carries a mark."""
    if mark in _CHAINS:
        return OTHER_CHAIN
    return COPY_DIFFERS if mark in _COPY or mark.endswith("x") else MARKS_DIFFER


def source_rank(source: str) -> tuple[int, str]:
    """Sort sources by whose word counts first."""
    order = SOURCE_PRIORITY
    return (order.index(source) if source in order else len(order), source)


def points(table: tuple[tuple[float, float], ...], value: float) -> float:
    """Read a table of (value, points) with straight lines between its rows, flat outside."""
    before = table[0]
    for row in table:
        if value <= row[0]:
            span = row[0] - before[0]
            return row[1] if span == 0 else before[1] + (row[1] - before[1]) * (value - before[0]) / span
        before = row
    return before[1]


def at_most(table: tuple[tuple[int, float], ...], count: int) -> float:
    """Read a table of (at most, points); 0 beyond its last row."""
    return next((gain for limit, gain in table if count <= limit), 0.0)
