"""Search: the assets that a text means."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Info
from graphql_api.errors import BadUserInput
from graphql_api.paging import size
from graphql_api.planner.readings import part, rows
from graphql_api.resolving import planned
from models.queries import search as queries
from models.queries.names import PARTS_FROM
from models.queries.search import Match, Words

strawberry.enum(
    Match,
    name="SearchMatch",
    description="How an asset matches a text, best first: by its uid or one that it took over, by a contract address, "
    "by its symbol, by the beginning of its symbol, of its name, of a word in its name, or by a part of its name.",
)
HITS_AT_MOST = 50
TEXT_AT_MOST = 200


@strawberry.type(description="An asset that a text may mean.")
class SearchHit:
    """An asset that a text may mean."""

    match: Match = strawberry.field(description="How it matches, the best way where it does in several.")

    @planned("The asset.")
    def asset(self, info: Info) -> Asset:
        """Say where it is."""
        del info
        return part(Asset)


@strawberry.type
class SearchQuery:
    """The queries that search."""

    @planned("The assets that a text means, best match first; of those that match alike the largest first.")
    def search(
        self,
        info: Info,
        text: Annotated[
            str,
            strawberry.argument(
                description=f"A uid, symbol, name or part of one ({PARTS_FROM} letters at least), or a contract "
                f"address, alone or as CAIP-19. In any case; {TEXT_AT_MOST} characters at most, none find nothing."
            ),
        ],
        first: Annotated[int, strawberry.argument(description=f"How many, 1 to {HITS_AT_MOST}.")] = 10,
    ) -> list[SearchHit]:
        """Say which assets."""
        words = text.strip()
        if len(words) > TEXT_AT_MOST:
            raise BadUserInput(f"`text` may have {TEXT_AT_MOST} characters, got {len(words)}.")
        count = size("first", first, HITS_AT_MOST)
        if not words:
            return []
        return rows(SearchHit, queries.found, Words.of(words), info.context.stale_before, first=count)
