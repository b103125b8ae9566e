"""Checkpoints: how far each feed of a source got."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.context import Info
from graphql_api.fields import resolver
from graphql_api.paging import After, Connection, FirstOfPage, PageRequest, connect
from graphql_api.planner.rows import Row
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

    @classmethod
    def from_row(cls, row: Row) -> Checkpoint:
        """Take a checkpoint as `checkpoints` selects it."""
        return cls(
            source=row.source,
            feed=row.feed,
            page=row.page,
            records=row.records,
            completed_at=row.completed_at,
            updated_at=row.updated_at,
            run_id=strawberry.ID(str(row.run_id)),
        )


@strawberry.type
class CheckpointQuery:
    """The queries about checkpoints."""

    @resolver("How far each feed got, by source and feed.")
    async def checkpoints(
        self, info: Info, source: SourceFilter = None, first: FirstOfPage = None, after: After = None
    ) -> Connection[Checkpoint]:
        """Read a page of checkpoints."""
        rows = queries.checkpoints(current_name(source))
        return await connect(
            info.context, rows, queries.CHECKPOINT_ORDER, PageRequest(first, after), Checkpoint.from_row
        )
