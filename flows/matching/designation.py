"""Evidence in what listings are called: names, the words inside ids, and symbols that stand for names.

The difficulty is not to count one witness twice: many names and ids only repeat the symbol.
"""

from __future__ import annotations

from flows.matching import weights
from flows.matching.block import name_pairs, symbol_pairs
from flows.matching.comparison import Comparison, Evidence
from flows.matching.likeness import is_near, similarity
from flows.matching.normalize import Name, name_of
from flows.matching.standing import do_numbers_allow


def name(pair: Comparison) -> Evidence | None:
    """Weigh the names by their telling words; "Token" or "Network" more or less counts little.

    A name that only repeats the symbol adds little to an equal symbol, and does not contradict another name.
    Names that differ count less against a link whose ids agree: coins are renamed, ids stay.
    """
    found = name_similarity(pair)
    if found is None:
        return None
    agreement, left, right = found
    if left.compact != right.compact and _only_one_repeats(pair, left, right):
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

    Only where the symbol is longer than a letter or two, and hardly another listing that is left carries it, else it
    is the symbol alone, told twice; and, where both sides have numbers, only if the numbers agree: new coins take the
    symbols of old ones. A further word that both names have, be it "Coin", counts a little.
    """
    found = name_similarity(pair)
    if found is None or found[1].compact == found[2].compact or not _only_one_repeats(pair, *found[1:]):
        return None
    if len(pair.left.symbol) < weights.CALLED_SYMBOL_LENGTH or not do_numbers_allow(pair):
        return None
    count = symbol_pairs(pair.blocks, *pair.both)
    if found[0] >= weights.CONTAINED and (gain := weights.at_most(weights.CALLED_SHORT, count)):
        gain += weights.CALLED_WORD if {*found[1].words} & {*found[2].words} - {pair.left.symbol} else 0.0
        return Evidence(
            "called", gain, f"one name stands for the other: {_shown(found[1])} and {_shown(found[2])}"
        )
    if count == 1 and pair.left.symbol in {name.compact for name in found[1:]}:
        return Evidence("called", weights.CALLED_BY_SYMBOL, f"one is called just {pair.left.symbol[:40]!r}")
    return None


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


def _shown(designation: Name) -> str:
    return repr(" ".join(designation.words)[:60])
