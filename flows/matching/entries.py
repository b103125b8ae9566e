"""What entity resolution takes in and gives back: frozen values, no behaviour.

Entry       a listing with its newest quote: the only thing that is matched
Prior       what was decided before, by the matcher and by people
Resolution  what holds now, what no longer does, and what a person should look at
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from models.records import AssetIdentity, Link, Listing, Quote

Key = tuple[str, str]
"""A listing's identity: (source, source_id)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A listing with its newest quote that no guard holds. `is_fresh`: the quote is new enough to be compared with others."""

    listing: Listing
    quote: Quote | None = None
    is_fresh: bool = False
    listed_rank: int | None = None
    """The rank in a list that has no prices."""
    held_because: str | None = None
    """Why a newer quote of the listing is held; None: none is."""
    is_frozen: bool = False
    """Its source has told the same of every coin for so long that it cannot be new."""

    @property
    def key(self) -> Key:
        """Give (source, source_id)."""
        return self.listing.source, self.listing.source_id

    @property
    def rank_in_source(self) -> int | None:
        """Give the source's own rank, if it ranks this listing at all."""
        return (self.quote.rank if self.quote else None) or self.listed_rank


@dataclass(frozen=True, slots=True)
class Prior:
    """Everything decided before: the live links in every state, every uid ever published, and what replaced it.

    A link whose `decided_by` is not the matcher is a person's: it outranks everything here, for ever.
    """

    links: Sequence[Link] = ()
    assets: Sequence[AssetIdentity] = ()
    successors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RetiredLink:
    """A live link that no longer holds, and why."""

    link: Link
    why: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that cannot all be true, for a person to see. `kind` is a short code, `detail` the sentence."""

    kind: str
    listings: tuple[Key, ...]
    detail: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """The state that holds now, complete: storing it twice changes nothing.

    Every listing has exactly one accepted link, and one link to an asset at most. A listing in doubt founds an asset of its own, so that it is
    served without being merged, and has review links to the assets that it might be.
    """

    assets: tuple[AssetIdentity, ...]
    """Every identity, earlier ones unchanged, sorted by uid."""
    founded: tuple[AssetIdentity, ...]
    """Those of `assets` that are new."""
    accepted: tuple[Link, ...]
    review: tuple[Link, ...]
    rejected: tuple[Link, ...]
    """The matcher's own: candidates that lost to a better one, kept to explain it. A person's "no" is in `Prior`."""
    retired: tuple[RetiredLink, ...]
    successors: Mapping[str, str]
    """Uids given up in this run, with the uid that answers for each from now on."""
    conflicts: tuple[Conflict, ...]


def observed_at(quote: Quote) -> datetime:
    """Give the time a quote speaks for: the source's own where it says one, else when it was fetched."""
    return quote.source_updated_at or quote.fetched_at
