"""Evidence in which of several relatives a listing is: a wrapped copy, an old or a new version, a second bearer, a twin."""

from __future__ import annotations

import re
from enum import StrEnum

from flows.matching import weights
from flows.matching.block import Blocks
from flows.matching.comparison import Comparison, Evidence
from flows.matching.designation import name_similarity
from flows.matching.likeness import is_near, similarity
from flows.matching.normalize import Profile
from flows.matching.standing import price

_NUMBERED = re.compile(r"(.+)-\d{1,2}")


class Age(StrEnum):
    """Which of two versions of a coin a listing is."""

    OLDER = "older"
    NEWER = "newer"


def marks(pair: Comparison) -> Evidence | None:
    """Hold against a link that one name says old, new, v2, wrapped, 3x and the other does not.

    A name without such a word can say it too: beside an "Alpha v1" of the same source, "Alpha" is the newer version;
    beside an "Alpha v2" it is the older. So "Alpha" of one source may be "Alpha v2" of another, and not its "Alpha".
    """
    different = _marks(pair.left) ^ _marks(pair.right)
    ages = [age(profile, pair.blocks) for profile in pair.both]
    is_known_by_namesakes = None not in ages and not all(map(_told_age, pair.both))
    if is_known_by_namesakes:
        different = frozenset(mark for mark in different if weights.age_of(mark) is None)
    points = [weights.mark_points(mark) for mark in different]
    told = [f"only one is called {', '.join(sorted(different))}"] if different else []
    if is_known_by_namesakes and ages[0] != ages[1]:
        points.append(weights.AGE_DIFFERS)
        told.append(f"one is the {ages[0]} of two versions, the other the {ages[1]}")
    if not told:
        return None
    return Evidence("marks", min(points), ", ".join(told), veto=bool(different & weights.BRIDGED))


def second_bearer(pair: Comparison) -> Evidence | None:
    """Forbid to link a numbered id while the first bearer of that id is listed too, and may be meant as well.

    `alpha-2` came after `alpha`, and may have taken its name and symbol over: what another source still calls Alpha
    may be the first. Not so where the first is dead, or says that it is old, or has its own symbol there.
    """
    for mine, theirs in (pair.both, pair.both[::-1]):
        first = first_bearer(mine, pair.blocks)
        if first is None or first.entry.listing.is_active is False or _told_age(first) is Age.OLDER:
            continue
        if pair.blocks.count(("symbol", first.symbol), theirs.source) > (first.symbol == theirs.symbol):
            continue
        if similarity(mine.slug, theirs.slug) >= weights.CONTAINED:
            return Evidence(
                "second_bearer",
                0.0,
                f"its id is numbered, and may be meant: {first.key[1][:60]!r}",
                veto=True,
            )
    return None


def twin(pair: Comparison) -> Evidence | None:
    """Forbid to link, by a name that is only alike, a listing whose very symbol and name its source lists twice.

    It may be the coin of the other id, renamed. That one has its like already, or none; and who is left over for this
    one is a stranger, unless the price or a contract says otherwise.
    """
    found = name_similarity(pair)
    if found is None or found[0] >= weights.SAME_NAME:
        return None
    if (weighed := price(pair)) is not None and weighed.points > 0:
        return None
    for mine in pair.both:
        if other := _twin_of(mine, pair.blocks):
            return Evidence(
                "twin",
                0.0,
                f"it may be {other.key[1][:60]!r} under another id, and the names are only alike",
                veto=True,
            )
    return None


def first_bearer(profile: Profile, blocks: Blocks) -> Profile | None:
    """Find the listing whose id this one's is numbered after, in the same source."""
    found = _NUMBERED.fullmatch(profile.key[1])
    return blocks.profiles.get((profile.source, found[1])) if found else None


def age(profile: Profile, blocks: Blocks) -> Age | None:
    """Tell which of two versions a listing is, by its own name or by that of its namesakes in the same source."""
    if told := _told_age(profile):
        return told
    namesakes = _namesakes(profile, blocks)
    ages = {
        told for other in namesakes if is_near(other.symbol, profile.symbol) and (told := _told_age(other))
    }
    if len(ages) != 1:
        return None
    return Age.NEWER if Age.OLDER in ages else Age.OLDER


def _namesakes(profile: Profile, blocks: Blocks) -> list[Profile]:
    """List the listings of the same source whose names have the same stem, unless they are a crowd."""
    if not profile.names:
        return []
    found = blocks.members.get(("name", profile.names[0].stem), {}).get(profile.source, ())
    return (
        [blocks.profiles[key] for key in found if key != profile.key] if len(found) <= weights.CROWD else []
    )


def _twin_of(profile: Profile, blocks: Blocks) -> Profile | None:
    """Find a listing of the same source with the same symbol and name, word for word."""
    return next(
        (
            other
            for other in _namesakes(profile, blocks)
            if profile.symbol and (other.symbol, other.names[:1]) == (profile.symbol, profile.names[:1])
        ),
        None,
    )


def _told_age(profile: Profile) -> Age | None:
    ages = {found for mark in _marks(profile) if (found := weights.age_of(mark))}
    return Age(ages.pop()) if len(ages) == 1 else None


def _marks(profile: Profile) -> frozenset[str]:
    return profile.slug.marks.union(*(name.marks for name in profile.names[:1]))
