"""The frozen values that cross rooms: what a source said, and what was decided about it.

Money and supplies are exact `Decimal`s in US dollars or units of the coin, percentages are percent (1.5 means
1.5 %), times are UTC-aware. `None` means "the source did not say", never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from models.outcomes import HoldReason, LinkState, ListingKind

MATCHER = "matcher"


@dataclass(frozen=True, slots=True)
class Listing:
    """One source's entry for a coin: how the source names it, never what is true."""

    source: str
    source_id: str
    symbol: str | None = None
    name: str | None = None
    kind: ListingKind | None = None
    is_active: bool | None = None
    image_url: str | None = None
    addresses: tuple[str, ...] | None = None
    """Contract addresses as CAIP-19 (`eip155:1/erc20:0x…`); None: this feed says nothing about them."""


@dataclass(frozen=True, slots=True)
class Quote:
    """The newest numbers of one listing."""

    source: str
    source_id: str
    fetched_at: datetime
    price_usd: Decimal
    source_updated_at: datetime | None = None
    market_cap_usd: Decimal | None = None
    volume_usd_24h: Decimal | None = None
    percent_change_1h: Decimal | None = None
    percent_change_24h: Decimal | None = None
    percent_change_7d: Decimal | None = None
    circulating_supply: Decimal | None = None
    total_supply: Decimal | None = None
    max_supply: Decimal | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A quote that waits: it is neither landed nor in history until it is confirmed or released."""

    quote: Quote
    """The newest that was seen of it."""
    reason: HoldReason
    detail: str
    """What was found, as a sentence that stays the same for as long as the quote is held."""
    known_usd: Decimal | None
    """What the listing cost of late; None: its price is not what is wrong."""
    first_seen_at: datetime
    last_seen_at: datetime
    times_seen: int = 1
    """How many observations, each of a time of its own, said it."""
    id: int | None = None
    """Its key; None: it is not kept yet."""
    is_rejected: bool = False
    """A person said that it is wrong: nothing but a person confirms it."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What another listing of the same asset says, accepted or held itself."""

    source: str
    price_usd: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class FxRate:
    """Units of one currency that a bitcoin buys, as one source saw it."""

    source: str
    code: str
    name: str
    kind: str
    units_per_btc: Decimal
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class PastPrice:
    """What a listing cost at a moment of the past, as its source tells it today."""

    observed_at: datetime
    price_usd: Decimal
    market_cap_usd: Decimal | None = None
    volume_usd_24h: Decimal | None = None


@dataclass(frozen=True, slots=True)
class HistoryWindow:
    """What was asked of one calendar year of a listing's history: its days from first to last, without a hole."""

    listing_id: int
    first_on: date
    last_on: date
    points: int
    """How many were told; days without any are gaps that are known."""
    asked_at: datetime
    reason: str | None = None
    """Why there can be none: what the provider answered."""

    @property
    def year(self) -> int:
        """The year that the days are of."""
        return self.first_on.year

    @property
    def is_whole(self) -> bool:
        """Whether all of the year was asked for."""
        return (self.first_on, self.last_on) == (date(self.year, 1, 1), date(self.year, 12, 31))


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A payload as received: canonical JSON text, and its hash."""

    source: str
    feed: str
    record_id: str
    payload: str
    content_hash: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that could not be used, with the reason a person can act on."""

    source: str
    feed: str
    record_id: str
    reason: str
    detail: str
    payload: str
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class Link:
    """The decision "this listing is that asset", with what spoke for it and who decided."""

    source: str
    source_id: str
    asset_uid: str
    state: LinkState
    method: str
    score: float
    reasons: tuple[str, ...]
    decided_by: str = MATCHER


@dataclass(frozen=True, slots=True)
class AssetIdentity:
    """A canonical coin as published: the uid never changes meaning and is never used again."""

    uid: str
    symbol: str | None
    name: str


@dataclass(frozen=True, slots=True)
class PriceInput:
    """One listing's part in a unified price, kept also when it was left out."""

    source: str
    source_id: str
    price_usd: Decimal
    as_of: datetime
    is_used: bool
    reason: str


@dataclass(frozen=True, slots=True)
class UnifiedPrice:
    """An asset's price drawn from its fresh quotes. Derived, never invented: no fresh input, no price."""

    price_usd: Decimal | None
    method: str
    spread: Decimal | None
    """(highest - lowest) / price over the inputs used, as a fraction; None with fewer than two."""
    confidence: float
    as_of: datetime | None
    inputs: tuple[PriceInput, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a write did, in rows."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


Payload = Mapping[str, object]
"""A JSON object as decoded: its numbers with a fraction or exponent are `Decimal`."""
