"""Which assets a text means: by uid, contract address, symbol or name, best match first.

One statement of several branches, each found by an index and cut by rank before they meet. A branch's first rows are
enough: whatever it leaves out stands behind that many which match as well or better.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, func, literal, select, union_all

from models.queries.assets import asset_columns, current_asset
from models.queries.links import holds
from models.queries.names import Part, contains, escaped
from models.queries.paging import Rows
from models.queries.tables import ADDRESSES, ASSETS, LINKS

_Branch = Select[Any]


class Match(StrEnum):
    """How an asset matches a text, best first."""

    UID = "uid"
    ADDRESS = "address"
    SYMBOL = "symbol"
    SYMBOL_PREFIX = "symbol_prefix"
    NAME_PREFIX = "name_prefix"
    WORD_PREFIX = "word_prefix"
    NAME_PART = "name_part"


_PLACES = list(Match)


@dataclass(frozen=True, slots=True)
class Words:
    """A text that is searched for, as each branch needs it."""

    text: str
    beginning: str
    """As LIKE finds it at the beginning."""
    part: Part
    word: str
    """As a regular expression finds it at the beginning of a word."""
    address: str
    """What stands behind its last colon."""
    is_caip19: bool

    @classmethod
    def of(cls, text: str) -> Words:
        """Take a text as somebody gave it."""
        # A word begins after what is neither letter nor digit.
        word = "[^[:alnum:]]" + re.sub(r"([^\w\s])", r"\\\1", text)
        return cls(
            text, f"{escaped(text)}%", Part.of(text), word, text.rpartition(":")[2], is_caip19=":" in text
        )


def found(words: Words, stale_before: datetime, *, first: int) -> Rows:
    """Select the `first` assets that match best, with `match`; of those that match alike the largest first."""
    branches = [_by_uid(words), _by_address(words), *_by_symbol(words), *_by_name(words)]
    hits = union_all(*(_largest(branch, first) for branch in branches)).subquery("hits")
    best = select(hits.c.id, func.min(hits.c.place).label("place")).group_by(hits.c.id).subquery("best")
    match = case({place: name.value for place, name in enumerate(_PLACES)}, value=best.c.place).label("match")
    return (
        select(*asset_columns(stale_before), match)
        .join(best, best.c.id == ASSETS.c.id)
        .order_by(best.c.place, ASSETS.c.rank.asc().nulls_last(), ASSETS.c.uid)
        .limit(first)
    )


def claims(caip19: str) -> Select[Any]:
    """Select who claims an address (`asset_id`, `is_exact`, `score`): listings that name it now, in any spelling.

    Case is no difference on EVM chains, and where it is one (Solana, Tron) some sources write all in small letters.
    """
    return (
        select(LINKS.c.asset_id, (ADDRESSES.c.caip19 == caip19).label("is_exact"), LINKS.c.score)
        .join(ADDRESSES, ADDRESSES.c.listing_id == LINKS.c.listing_id)
        .where(
            holds(),
            ADDRESSES.c.retired_at.is_(None),
            _ends_in(func.split_part(caip19, ":", 3)),
            func.lower(ADDRESSES.c.caip19) == func.lower(caip19),
        )
    )


def asset_by_address(caip19: str, stale_before: datetime) -> Rows:
    """Select the asset of an address. Of several that claim it: in this very spelling, surest, largest."""
    claim = claims(caip19).subquery("claim")
    return (
        select(*asset_columns(stale_before))
        .join(claim, claim.c.asset_id == ASSETS.c.id)
        .order_by(
            claim.c.is_exact.desc(), claim.c.score.desc(), ASSETS.c.rank.asc().nulls_last(), ASSETS.c.uid
        )
        .limit(1)
    )


def _by_uid(words: Words) -> _Branch:
    return _branch(Match.UID).where(ASSETS.c.id.in_(current_asset(func.lower(words.text))))


def _by_address(words: Words) -> _Branch:
    named = select(LINKS.c.asset_id).join(ADDRESSES, ADDRESSES.c.listing_id == LINKS.c.listing_id)
    named = named.where(holds(), ADDRESSES.c.retired_at.is_(None), _ends_in(words.address))
    if words.is_caip19:
        named = named.where(func.lower(ADDRESSES.c.caip19) == func.lower(words.text))
    return _branch(Match.ADDRESS).where(ASSETS.c.id.in_(named))


def _by_symbol(words: Words) -> list[_Branch]:
    symbol = func.upper(ASSETS.c.symbol)
    same = _branch(Match.SYMBOL).where(symbol == func.upper(words.text))
    begins = _branch(Match.SYMBOL_PREFIX).where(symbol.like(func.upper(words.beginning)))
    return [_standing(same), _standing(begins)]


def _by_name(words: Words) -> list[_Branch]:
    name = func.lower(ASSETS.c.name)
    begins = _standing(_branch(Match.NAME_PREFIX).where(name.like(func.lower(words.beginning))))
    if not words.part.is_indexed:
        return [begins]
    word = name.regexp_match(func.lower(words.word))
    place = case((word, _PLACES.index(Match.WORD_PREFIX)), else_=_PLACES.index(Match.NAME_PART))
    return [begins, _standing(_branch(place).where(contains(ASSETS.c.name, words.part)))]


def _branch(match: Match | ColumnElement[int]) -> _Branch:
    place = literal(_PLACES.index(match), Integer) if isinstance(match, Match) else match
    return select(ASSETS.c.id, place.label("place"), ASSETS.c.rank, ASSETS.c.uid)


def _standing(branch: _Branch) -> _Branch:
    return branch.where(ASSETS.c.retired_at.is_(None))


def _largest(branch: _Branch, first: int) -> _Branch:
    rows = branch.order_by("place", ASSETS.c.rank.asc().nulls_last(), ASSETS.c.uid).limit(first)
    return select(*rows.subquery().c["id", "place"])


def _ends_in(address: str | ColumnElement[str]) -> ColumnElement[bool]:
    # As the index has it: what stands behind the second colon, in small letters.
    return func.lower(func.split_part(ADDRESSES.c.caip19, ":", 3)) == func.lower(address)
