"""Checkpoints: how far each feed of a source got."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.context import Info
from graphql_api.paging import After, Connection, FirstOfPage, PageRequest, connection
from graphql_api.resolving import planned
from graphql_api.source_names import SourceFilter, current_name
from models.queries import sources as queries


@strawberry.type(description="How far one feed of a source got. Moves in the transaction that stores a page.")
class Checkpoint:
    """How far one feed of a source got."""

    source: str = strawberry.field(description="The source.")
    feed: str = strawberry.field(description="The feed: `quotes`, `identity`, `rates`.")
    page: str = strawberry.field(description="The last page stored.")
    records: int = strawberry.field(description="Records stored in this pass.")
    completed_at: datetime | None = strawberry.field(
        description="When a pass was last complete; null: none was yet."
    )
    updated_at: datetime = strawberry.field(description="When a page was last stored.")
    run_id: strawberry.ID = strawberry.field(description="The run that stored it.")


@strawberry.type
class CheckpointQuery:
    """The queries about checkpoints."""

    @planned("How far each feed got, by source and feed.")
    def checkpoints(
        self, info: Info, source: SourceFilter = None, first: FirstOfPage = None, after: After = None
    ) -> Connection[Checkpoint]:
        """Say which checkpoints."""
        del info
        wanted = PageRequest(first, after)
        return connection(
            Checkpoint, wanted, queries.CHECKPOINT_ORDER, queries.checkpoints, current_name(source)
        )
