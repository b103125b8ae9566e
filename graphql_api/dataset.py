"""The dataset: its version, and whether its prices are simulated."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.context import Context, Info
from graphql_api.planner.readings import only, row
from graphql_api.resolving import planned, told_as
from models.outcomes import Upstream
from models.queries import dataset as queries

strawberry.enum(
    Upstream, description="Where prices come from: simulated providers (SANDBOX) or the real ones (LIVE)."
)


@strawberry.type(description="What is published: everything in one response belongs to one version.")
class Dataset:
    """What is published."""

    version: int = strawberry.field(description="Grows by one each time something that changed is published.")
    upstream: Upstream | None = strawberry.field(
        description="Where the prices come from; null: nothing was published yet."
    )
    published_at: datetime | None = strawberry.field(description="When; null: nothing was published yet.")


async def read_dataset(context: Context) -> Dataset:
    """Read what is published."""
    return told_as(Dataset, (await context.rows.all(queries.dataset()))[0])


@strawberry.type
class DatasetQuery:
    """The queries about the dataset."""

    @planned("What is published.")
    def dataset(self, info: Info) -> Dataset:
        """Say which row."""
        del info
        return row(Dataset, queries.dataset)

    @planned("The published version: grows by one with each publishing run.")
    def dataset_version(self, info: Info) -> int:
        """Say which value."""
        del info
        return only(int, "version", row(Dataset, queries.dataset))

    @planned("Where the prices come from; null: nothing was published yet.")
    def upstream(self, info: Info) -> Upstream | None:
        """Say which value."""
        del info
        return only(Upstream, "upstream", row(Dataset, queries.dataset))
