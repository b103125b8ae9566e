"""Starting backfills: history from the providers."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.currencies import require_currency
from graphql_api.etl import TriggeredRun
from graphql_api.fields import resolver
from graphql_api.paging import SIZE_AT_MOST, require_few, size
from graphql_api.security import require_admin
from graphql_api.source_names import current_name
from graphql_api.sources import require_source

TOP_N_AT_MOST = 100_000


@strawberry.type
class BackfillMutation:
    """The mutation that starts backfills."""

    @resolver("Start a backfill through Prefect: daily prices of the past that are missing. Admins only.")
    async def trigger_backfill(
        self,
        info: Info,
        uids: Annotated[
            list[str] | None,
            strawberry.argument(
                description=f"Of these assets, {SIZE_AT_MOST} at most; null: of the first by rank."
            ),
        ] = None,
        top_n: Annotated[
            int, strawberry.argument(description="Of how many assets by rank, where none is named.")
        ] = 100,
        source: Annotated[
            str | None, strawberry.argument(description="Only from this source; null: from all that tell it.")
        ] = None,
        since: Annotated[
            date | None,
            strawberry.argument(description="From this day on; null: from as early as each plan allows."),
        ] = None,
        currencies: Annotated[
            list[str] | None,
            strawberry.argument(
                description="The rates of these currencies as well, so that candles can be told in them."
            ),
        ] = None,
        refresh: Annotated[  # noqa: FBT002 - a GraphQL argument is always named
            bool, strawberry.argument(description="Ask again for what was asked before.")
        ] = False,
    ) -> TriggeredRun:
        """Start a backfill, which may take hours: `runUpdates` and `coverage` tell how it goes."""
        require_admin(info.context.request, info.context.settings)
        require_few("uids", uids or ())
        require_few("currencies", currencies or ())
        for code in currencies or ():
            await require_currency(info.context, code)
        name = current_name(source)
        if name is not None:
            await require_source(info.context, name)
        await info.context.renew()  # what the run will write comes after this snapshot: give it back
        wanted = {
            "uids": uids,
            "top_n": size("topN", top_n, TOP_N_AT_MOST),
            "sources": None if name is None else [name],
            "since": None if since is None else since.isoformat(),
            "currencies": None if currencies is None else [code.strip().lower() for code in currencies],
            "refresh": refresh,
        }
        return TriggeredRun.of(await info.context.services.prefect.start_backfill(wanted))
