"""How alike two texts are: names by their words, their spelling and what they are short for; symbols by a letter."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import Indel
from rapidfuzz.fuzz import ratio

from flows.matching import weights
from flows.matching.normalize import Name

_SHORTEST_STEM = 4
"""Letters below which two words are alike by accident."""
_SHORTEST_SYMBOL = 2
_ABBREVIATION_LENGTHS = range(3, 7)
_SAME_SPELLING = 0.8


@lru_cache(maxsize=262144)
def similarity(left: Name, right: Name) -> float:
    """Tell how alike two names are, 0 to 1: equal, equal but for spaces or generic words, misspelt, contained, overlapping."""
    if not left.compact or not right.compact:
        return 0.0
    if left.compact == right.compact:
        return 1.0 if left.words == right.words else weights.SPACED_OTHERWISE
    if left.stem == right.stem and left.stem:
        shared = len({*left.words} & {*right.words}) / len({*left.words, *right.words})
        return weights.SAME_NAME + (1 - weights.SAME_NAME) * shared
    near = max(_overlap(left, right), _spelling(left.stem, right.stem), _containment(left.stem, right.stem))
    return min(weights.SAME_NAME, max(near, _abbreviation(left, right), _abbreviation(right, left)))


def _overlap(left: Name, right: Name) -> float:
    """Tell the share of common words by weight; words that any coin may carry are not enough in common."""
    mine, theirs = set(left.words), set(right.words)
    if not any(_word_weight(word) == 1.0 for word in mine & theirs):
        return 0.0
    return (
        2
        * sum(map(_word_weight, mine & theirs))
        / (sum(map(_word_weight, mine)) + sum(map(_word_weight, theirs)))
    )


def _word_weight(word: str) -> float:
    is_telling = word not in weights.GENERIC and weights.mark_of(word) is None
    return 1.0 if is_telling else weights.GENERIC_WEIGHT


def _spelling(left: str, right: str) -> float:
    if min(len(left), len(right)) < _SHORTEST_STEM:
        return 0.0
    alike = ratio(left, right) / 100
    return weights.MISSPELT * alike if alike >= _SAME_SPELLING else 0.0


def _containment(left: str, right: str) -> float:
    short, long = sorted((left, right), key=len)
    contains = len(short) >= _SHORTEST_STEM and (long.startswith(short) or long.endswith(short))
    return weights.CONTAINED if contains else 0.0


def _abbreviation(short: Name, long: Name) -> float:
    """Tell whether `SEFI` may stand for `Secret Finance`: letters in order, each word begun at its first letter."""
    if (
        len(short.stem) not in _ABBREVIATION_LENGTHS
        or len(long.compact) <= len(short.stem)
        or short.stem[0] != long.compact[0]
    ):
        return 0.0
    letters = iter(long.compact)
    return weights.ABBREVIATED if all(letter in letters for letter in short.stem) else 0.0


def is_near(left: str, right: str) -> bool:
    """Tell whether two symbols are one letter apart, or one begins with the other."""
    short, long = sorted((left, right), key=len)
    return len(short) >= _SHORTEST_SYMBOL and (long.startswith(short) or Indel.distance(left, right) <= 1)
