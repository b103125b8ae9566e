"""The dataset: its version, and whether its prices are simulated."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.context import Context, Info
from graphql_api.fields import resolver
from graphql_api.planner.rows import Row
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

    @classmethod
    def from_row(cls, row: Row | None) -> Dataset:
        """Take the dataset's row; without one nothing was ever published."""
        if row is None:
            return cls(version=0, upstream=None, published_at=None)
        upstream = None if row.upstream is None else Upstream(row.upstream)
        return cls(version=row.version, upstream=upstream, published_at=row.published_at)


async def read_dataset(context: Context) -> Dataset:
    """Read what is published."""
    return Dataset.from_row(await context.rows.first(queries.dataset()))


@strawberry.type
class DatasetQuery:
    """The queries about the dataset."""

    @resolver("What is published.")
    async def dataset(self, info: Info) -> Dataset:
        """Read what is published."""
        return await read_dataset(info.context)

    @resolver("The published version: grows by one with each publishing run.")
    async def dataset_version(self, info: Info) -> int:
        """Read the published version."""
        return (await read_dataset(info.context)).version

    @resolver("Where the prices come from; null: nothing was published yet.")
    async def upstream(self, info: Info) -> Upstream | None:
        """Read where the prices come from."""
        return (await read_dataset(info.context)).upstream
