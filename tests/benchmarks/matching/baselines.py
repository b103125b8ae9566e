"""The obvious rules, which the matcher must beat: what a first script on two coin lists would do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from flows.matching.entries import Entry, Key
from tests.benchmarks.matching.recorded_cases import Links

Rule = Callable[[Sequence[Entry], Sequence[Entry]], Links]
_UNRANKED = 10**9


def by_symbol(left: Sequence[Entry], right: Sequence[Entry]) -> Links:
    """Take the best ranked listing with the same symbol."""
    return _best(left, _index(right, _symbol), _symbol)


def by_name(left: Sequence[Entry], right: Sequence[Entry]) -> Links:
    """Take the best ranked listing with the same name."""
    return _best(left, _index(right, _name), _name)


def by_symbol_and_name_else_symbol(left: Sequence[Entry], right: Sequence[Entry]) -> Links:
    """Take the listing with the same symbol and name; where there is none, the best ranked with the symbol."""
    both = _best(left, _index(right, _symbol_and_name), _symbol_and_name)
    return {**by_symbol(left, right), **both}


RULES: dict[str, Rule] = {
    "symbol, best rank": by_symbol,
    "name": by_name,
    "symbol and name, else symbol": by_symbol_and_name_else_symbol,
}


def _symbol(entry: Entry) -> str:
    return (entry.listing.symbol or "").strip().casefold()


def _name(entry: Entry) -> str:
    return (entry.listing.name or "").strip().casefold()


def _symbol_and_name(entry: Entry) -> str:
    symbol, name = _symbol(entry), _name(entry)
    return f"{symbol}\n{name}" if symbol and name else ""


def _index(entries: Sequence[Entry], word: Callable[[Entry], str]) -> dict[str, list[Entry]]:
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if text := word(entry):
            found[text].append(entry)
    return found


def _best(left: Sequence[Entry], index: dict[str, list[Entry]], word: Callable[[Entry], str]) -> Links:
    return {
        entry.listing.source_id: min(candidates, key=_by_rank).listing.source_id
        for entry in left
        if (candidates := index.get(word(entry)))
    }


def _by_rank(entry: Entry) -> tuple[int, Key]:
    return entry.rank_in_source or _UNRANKED, entry.key
