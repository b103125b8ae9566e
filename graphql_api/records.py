"""Records: payloads as they were received, and those that could not be used."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.paging import After, Connection, FirstOfPage, PageRequest, connection
from graphql_api.planner.readings import row
from graphql_api.resolving import planned
from graphql_api.scalars import RawJson
from graphql_api.source_names import SourceFilter, SourceName, current_name
from models.queries import records as queries

RecordId = Annotated[str, strawberry.argument(description="The record's id at its source, like `bitcoin`.")]
FeedFilter = Annotated[
    str | None, strawberry.argument(description="Only of this feed, like `quotes`; null: of any.")
]

ReasonFilter = Annotated[
    str | None, strawberry.argument(description="Only with this reason, like `no_price`; null: with any.")
]
RecordFilter = Annotated[
    str | None, strawberry.argument(description="Only of the record of this id at its source; null: of any.")
]


@strawberry.type(description="A payload as received. The same content is kept once.")
class RawRecord:
    """A payload as received."""

    id: strawberry.ID = strawberry.field(description="The record's id here.")
    source: str = strawberry.field(description="Who sent it.")
    feed: str = strawberry.field(description="The feed it came by: `quotes`, `identity`, `rates`.")
    record_id: str = strawberry.field(description="Its id at the source.")
    payload: RawJson = strawberry.field(description="What was received.")
    fetched_at: datetime = strawberry.field(description="When this content was first received.")
    run_id: strawberry.ID = strawberry.field(description="The run that received it.")


@strawberry.type(description="A record, or a whole page, that could not be used: kept with the reason.")
class Reject:
    """A record, or a whole page, that could not be used."""

    id: strawberry.ID = strawberry.field(description="The reject's id here.")
    source: str = strawberry.field(description="Who sent it.")
    feed: str = strawberry.field(description="The feed it came by.")
    record_id: str = strawberry.field(description="Its id at the source, or its line, or its page.")
    reason: str = strawberry.field(description="Why it could not be used, as a short code.")
    detail: str = strawberry.field(description="What was found.")
    payload: RawJson = strawberry.field(description="What was received.")
    rejected_at: datetime = strawberry.field(description="When it was first rejected.")
    run_id: strawberry.ID = strawberry.field(description="The run that rejected it.")


@strawberry.type
class RecordQuery:
    """The queries about records."""

    @planned("A source's payloads as received, newest first.")
    def raw_records(
        self,
        info: Info,
        source: SourceName,
        feed: FeedFilter = None,
        first: FirstOfPage = None,
        after: After = None,
    ) -> Connection[RawRecord]:
        """Say which payloads."""
        del info
        wanted, name = PageRequest(first, after), current_name(source)
        return connection(RawRecord, wanted, queries.NEWEST_RAW, queries.raw_records, name, feed=feed)

    @planned("The newest payload of one record; null: the source never sent it.")
    def raw_record(
        self,
        info: Info,
        source: SourceName,
        id: RecordId,  # noqa: A002 - the API's word
        feed: FeedFilter = None,
    ) -> RawRecord | None:
        """Say which payload."""
        del info
        return row(RawRecord, queries.newest_raw, current_name(source), id, feed)

    @planned("What could not be used, newest first.")
    def rejects(
        self,
        info: Info,
        source: SourceFilter = None,
        feed: FeedFilter = None,
        reason: ReasonFilter = None,
        record_id: RecordFilter = None,
        first: FirstOfPage = None,
        after: After = None,
    ) -> Connection[Reject]:
        """Say which rejects."""
        del info
        wanted = queries.RejectFilter(current_name(source), feed, record_id, reason)
        return connection(Reject, PageRequest(first, after), queries.NEWEST_REJECT, queries.rejects, wanted)
