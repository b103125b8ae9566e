"""What a person can settle about listings and assets: the same values from the API and from the overrides file."""

from __future__ import annotations

from dataclasses import dataclass

ListingId = tuple[str, str]
"""(source, source_id)."""


@dataclass(frozen=True, slots=True)
class Accept:
    """This listing is that asset."""

    listing: ListingId
    uid: str


@dataclass(frozen=True, slots=True)
class Reject:
    """This listing is not that asset. One that was taken for it becomes an asset of its own."""

    listing: ListingId
    uid: str


@dataclass(frozen=True, slots=True)
class Merge:
    """These two assets are one: `uid` is given up and answers with `into` from now on."""

    uid: str
    into: str


@dataclass(frozen=True, slots=True)
class Split:
    """These listings are an asset of their own, apart from `uid`. `new_uid` None: named by the rule of uids."""

    uid: str
    listings: tuple[ListingId, ...]
    new_uid: str | None = None


Ruling = Accept | Reject | Merge | Split
