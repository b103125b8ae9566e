"""The listings that a backfill goes through: largest coins first, and never all of them in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date

from flows.errors import Fatal
from flows.history.windows import Windows
from models.db import Sessions
from models.queries.assets import current_asset
from models.queries.history import listings_by_rank, source_ids_of, windows_of
from models.records import HistoryWindow
from models.store.bulk import sliced

TOP_N = 100
PAGE = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a backfill is to bring."""

    uids: tuple[str, ...] = ()
    """Of these assets; empty: of the `top_n` by rank."""
    top_n: int = TOP_N
    sources: tuple[str, ...] = ()
    """From these; empty: from all that tell history."""
    since: date | None = None
    """From this day on; None: from as early as the plans allow."""
    refresh: bool = False
    """Ask again for what was asked before."""
    currencies: tuple[str, ...] = ()
    """The rates of these as well, from sources that tell them."""

    def __post_init__(self) -> None:
        """Refuse what nobody can mean."""
        if self.top_n < 1:
            raise ValueError(f"top_n must be 1 or more, got {self.top_n}")


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing to ask for, and what was asked of it."""

    id: int
    source_id: str
    asked: Windows


async def require_assets(sessions: Sessions, uids: Sequence[str]) -> None:
    """Raise `Fatal` for a uid that no asset answers to."""
    async with sessions() as session:
        for uid in uids:
            if await session.scalar(current_asset(uid)) is None:
                raise Fatal(f"there is no asset {uid!r}: `search` finds uids")


async def keys_of(sessions: Sessions, source: str, wanted: Wanted) -> list[int]:
    """Return the keys of a source's listings, in the order in which they are asked for."""
    first = None if wanted.uids else wanted.top_n
    async with sessions() as session:
        found = await session.scalars(listings_by_rank(source, first=first, uids=wanted.uids))
        return list(found)


async def read_listings(sessions: Sessions, keys: Sequence[int], *, refresh: bool) -> AsyncIterator[Listing]:
    """Yield the listings of these keys, in their order. With `refresh` they count as never asked for."""
    for some in sliced(keys, PAGE):
        async with sessions() as session:
            source_ids = dict((await session.execute(source_ids_of(some))).tuples().all())
            rows = [] if refresh else (await session.execute(windows_of(some))).mappings().all()
        asked: defaultdict[int, dict[int, HistoryWindow]] = defaultdict(dict)
        for window in (HistoryWindow(**row) for row in rows):
            asked[window.listing_id][window.year] = window
        for key in some:
            yield Listing(key, source_ids[key], asked[key])
