"""Listings in a comparable form: what a name, a symbol and an id say once spelling is taken away.

Nothing is thrown away that tells two coins apart. Words such as "Token" weigh little (`weights.GENERIC`), words
such as "Wrapped" or "[OLD]" are kept aside as marks, because they mean another coin. Letters that only look Latin
are read as what they look like, and the listing is marked as disguised: it may be looked at, never merged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from flows.chains import chain_of, comparison_key
from flows.matching import weights
from flows.matching.entries import Entry, Key

_MAX_LENGTH = 200
_WORD = re.compile(r"[^\W_]+")
_FORMER_NAME = re.compile(r"[(\[]\s*(?:prev|previously|formerly|former|ex|fka)\b[.:]*\s*([^)\]]+)[)\]]")
_LOOK_ALIKES = str.maketrans(
    "авеёіјкмнорстухѕԁɡοανρτυιεκχ",
    "abeeijkmhopctyxsdgoavptuiekx",
)
_LOOKS_LATIN = frozenset(map(chr, _LOOK_ALIKES))


@dataclass(frozen=True, slots=True)
class Name:
    """One designation of a coin: its words, and the same without the words that any coin may carry."""

    words: tuple[str, ...]
    compact: str
    stem: str
    """The telling words without spaces: "Atari Token" and "Atari" have the same stem."""
    marks: frozenset[str]
    """Words that make it another coin: old, wrapped, v2, 3x."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One listing, ready to be compared."""

    entry: Entry
    symbol: str
    names: tuple[Name, ...]
    """The name, then names it had before."""
    slug: Name
    """The id, read as a name."""
    former_symbols: frozenset[str]
    """Symbols that only its id still shows."""
    addresses: Mapping[str, frozenset[str]]
    """Comparison keys of its contracts, by chain."""
    is_disguised: bool

    @property
    def key(self) -> Key:
        """Give (source, source_id)."""
        return self.entry.key

    @property
    def source(self) -> str:
        """Give the source's name."""
        return self.entry.listing.source


def profile(entry: Entry) -> Profile:
    """Read one listing. Never fails: what is missing is empty."""
    listing = entry.listing
    raw_name = (listing.name or "")[:_MAX_LENGTH]
    text, is_name_disguised = plain(raw_name)
    symbol_text, is_symbol_disguised = plain((listing.symbol or "")[:_MAX_LENGTH])
    symbol = "".join(_WORD.findall(symbol_text)) or symbol_text.strip()
    former = [name_of(alias) for alias in _FORMER_NAME.findall(text)]
    current = name_of(_FORMER_NAME.sub(" ", text))
    id_words, leading = _id_words(listing.source, plain(listing.source_id[:_MAX_LENGTH])[0], symbol)
    return Profile(
        entry=entry,
        symbol=symbol,
        names=tuple(name for name in (current, *former) if name.compact),
        slug=name_of(" ".join(id_words)),
        former_symbols=frozenset({leading} - {symbol, ""}),
        addresses=_by_chain(listing.addresses or ()),
        is_disguised=is_name_disguised or is_symbol_disguised,
    )


def plain(text: str) -> tuple[str, bool]:
    """Fold case, width and invisible characters away; tell whether letters posed as others."""
    if text.isascii() and text.isprintable():  # most are, and it spares them all that follows
        return text.lower().strip(), False
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    visible = "".join(
        char for char in folded if unicodedata.category(char) not in {"Cf", "Cc", "Cs"} or char in "\t\n"
    )
    words = {word: _undisguised(word) for word in set(_WORD.findall(visible))}
    is_disguised = any(word != shown for word, shown in words.items()) or _hides_inside_words(folded)
    return _WORD.sub(lambda found: words[found[0]], visible), is_disguised


@lru_cache(maxsize=2048)
def name_of(text: str) -> Name:
    """Split an already plain text into words, stem and marks."""
    words = tuple(_WORD.findall(text))
    marks = frozenset(filter(None, map(weights.mark_of, words)))
    telling = [word for word in words if weights.mark_of(word) is None and word not in weights.GENERIC]
    stem = "".join(telling) or "".join(word for word in words if weights.mark_of(word) is None)
    return Name(words, "".join(words), _without_generic_ending(stem), marks)


def _undisguised(word: str) -> str:
    if word.isascii():
        return word
    foreign = [char for char in word if char.isalpha() and not unicodedata.name(char, "").startswith("LATIN")]
    poses = bool(foreign) and all(char in _LOOKS_LATIN for char in foreign)
    return word.translate(_LOOK_ALIKES) if poses else word


def _hides_inside_words(text: str) -> bool:
    return bool(re.search(r"[a-z0-9][\u00ad\u200b-\u200f\u2060-\u2064\ufeff][a-z0-9]", text))


def _without_generic_ending(stem: str) -> str:
    for ending in weights.GENERIC_ENDINGS:
        if stem.endswith(ending) and len(stem) >= len(ending) + 3:
            return stem.removesuffix(ending)
    return stem


def _id_words(source: str, source_id: str, symbol: str) -> tuple[list[str], str]:
    """Split an id into the words of a name, and the symbol that CoinPaprika's `symbol-name` ids begin with.

    A lone number at the end only says that the id was taken when the coin was listed.
    """
    words = _WORD.findall(source_id)
    leading = ""
    if source in weights.SYMBOL_FIRST_IDS and len(words) > 1:
        count = next((n for n in range(1, len(words)) if "".join(words[:n]) == symbol), 1)
        leading, words = "".join(words[:count]), words[count:]
    if len(words) > 1 and re.fullmatch(r"\d{1,2}", words[-1]):
        words = words[:-1]
    return words, leading


def _by_chain(addresses: Iterable[str]) -> dict[str, frozenset[str]]:
    by_chain: dict[str, set[str]] = {}
    for address in addresses:
        key = comparison_key(address)
        by_chain.setdefault(chain_of(key), set()).add(key)
    return {chain: frozenset(keys) for chain, keys in by_chain.items()}
