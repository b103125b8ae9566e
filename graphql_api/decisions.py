"""What people decide about listings and assets: the decisions, and the mutations that make and undo them."""

from __future__ import annotations

from dataclasses import astuple
from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Context, Info
from graphql_api.errors import NotFound
from graphql_api.etl import TriggeredRun, start_unify
from graphql_api.fields import expect_text, key_of, resolver
from graphql_api.links import Link
from graphql_api.paging import (
    SIZE_AT_MOST,
    After,
    Connection,
    First,
    FirstOfPage,
    PageRequest,
    connection,
    size,
)
from graphql_api.planner.readings import rows_below
from graphql_api.resolving import planned, told_as
from graphql_api.reviews import asset_of
from graphql_api.security import require_admin
from graphql_api.source_names import SourceName, current_name
from graphql_api.writing import told_to_clients
from models.outcomes import DecisionAction
from models.queries import decisions as queries
from models.rulings import Accept, Merge, Reject, Ruling, Split
from models.store.decisions import carry_out
from models.store.undoing import take_back

strawberry.enum(DecisionAction, description="What a person can decide about listings and assets.")

SourceId = Annotated[
    str, strawberry.argument(description="The source's own id of the coin, like `btc-bitcoin`.")
]
Uid = Annotated[
    str, strawberry.argument(description="The asset's uid; one that was given up means its successor.")
]
Note = Annotated[str | None, strawberry.argument(description="Why, for those who read it later.")]


@strawberry.type(description="Something that a person settled. It outranks the matcher until it is undone.")
class Decision:
    """Something that a person settled."""

    id: strawberry.ID = strawberry.field(description="Its id: `undoDecision` takes it.")
    action: DecisionAction = strawberry.field(description="What was decided.")
    note: str | None = strawberry.field(description="Why, in the person's words.")
    decided_by: str = strawberry.field(description="The name of the person's key, or `asset_overrides.csv`.")
    decided_at: datetime = strawberry.field(description="When.")
    undone_by: str | None = strawberry.field(description="Who undid it; null: it is in force.")
    undone_at: datetime | None = strawberry.field(description="When it was undone; null: it is in force.")
    uid: str = strawberry.field(
        description="The asset it was said of: for a merge the one given up, for a split the one that was left."
    )
    other_uid: str | None = strawberry.field(
        description="For a merge the asset that stays; for listings that left, the asset that they are now."
    )

    @planned("The links that it made.")
    def links(self, info: Info, first: First = 50) -> list[Link]:
        """Say which links."""
        del info
        return rows_below(Link, "id", queries.links_made_by, first=size("first", first))


@strawberry.type(description="A decision that was made or undone, and what followed.")
class DecisionResult:
    """A decision that was made or undone, and what followed."""

    decision: Decision = strawberry.field(description="The decision.")
    run: TriggeredRun | None = strawberry.field(
        description="The run that draws prices anew; null: none could be started, see `warning`. Links hold at once."
    )
    warning: str | None = strawberry.field(
        description="Why no run could be started: prices follow with the next one. Null: one was."
    )
    asset_id: strawberry.Private[int]

    @planned("The asset that the listings are now.")
    def asset(self, info: Info) -> Asset:
        """Say which asset."""
        return asset_of("asset_id", info)


@strawberry.input(description="A source's listing.")
class ListingRef:
    """A source's listing."""

    source: str = strawberry.field(description="Its source, like `coinpaprika`.")
    source_id: str = strawberry.field(description="The source's own id of the coin.")


@strawberry.type
class DecisionQuery:
    """The queries about decisions."""

    @planned("What people decided, newest first, with what was undone.")
    def decisions(self, info: Info, first: FirstOfPage = None, after: After = None) -> Connection[Decision]:
        """Say which decisions."""
        del info
        return connection(Decision, PageRequest(first, after), queries.NEWEST_FIRST, queries.decisions)


@strawberry.type
class DecisionMutation:
    """The mutations by which curators settle what is whose."""

    @resolver("Settle that a listing is an asset. Admins only.")
    async def accept_link(
        self, info: Info, source: SourceName, source_id: SourceId, uid: Uid, note: Note = None
    ) -> DecisionResult:
        """Accept a link."""
        return await _decide(info.context, Accept((current_name(source), source_id), uid), note)

    @resolver(
        "Settle that a listing is not an asset, nor whatever that becomes part of. One that was taken for it becomes "
        "an asset of its own. Admins only."
    )
    async def reject_link(
        self, info: Info, source: SourceName, source_id: SourceId, uid: Uid, note: Note = None
    ) -> DecisionResult:
        """Reject a link."""
        return await _decide(info.context, Reject((current_name(source), source_id), uid), note)

    @resolver(
        "Settle that two assets are one: the first uid is given up and answers with the other. Admins only."
    )
    async def merge_assets(
        self,
        info: Info,
        uid: Annotated[str, strawberry.argument(description="The uid that is given up.")],
        into_uid: Annotated[str, strawberry.argument(description="The uid that stays.")],
        note: Note = None,
    ) -> DecisionResult:
        """Merge two assets."""
        return await _decide(info.context, Merge(uid, into_uid), note)

    @resolver("Settle that some of an asset's listings are an asset of their own. Admins only.")
    async def split_asset(
        self,
        info: Info,
        uid: Uid,
        listings: Annotated[
            list[ListingRef],
            strawberry.argument(description=f"The listings that leave it, 1 to {SIZE_AT_MOST}."),
        ],
        new_uid: Annotated[
            str | None,
            strawberry.argument(
                description="The uid that they get; null: one that was given up for them, else made from their id or name."
            ),
        ] = None,
        note: Note = None,
    ) -> DecisionResult:
        """Split an asset."""
        size("listings", len(listings))
        named = tuple((current_name(one.source), one.source_id) for one in listings)
        return await _decide(info.context, Split(uid, named, new_uid), note)

    @resolver("Take a decision back: what gave way to it holds again. Admins only.")
    async def undo_decision(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The decision's id.")],  # noqa: A002 - the API's word
    ) -> DecisionResult:
        """Undo a decision."""
        by = require_admin(info.context.request, info.context.settings)
        if (decision_id := key_of(id)) is None:
            raise NotFound(f"There is no decision {id[:40]!r}: `decisions` lists them.")
        with told_to_clients():
            await take_back(info.context.services.writer, decision_id, by, info.context.now)
        return await _result(info.context, decision_id)


async def _decide(context: Context, ruling: Ruling, note: str | None) -> DecisionResult:
    by = require_admin(context.request, context.settings)
    expect_text((*astuple(ruling), note))
    with told_to_clients():
        decision_id = await carry_out(context.services.writer, ruling, by, context.now, note)
    return await _result(context, decision_id)


async def _result(context: Context, decision_id: int) -> DecisionResult:
    await context.renew()  # an earlier mutation of the same request has read before this one wrote
    row = await context.rows.first(queries.decisions(decision_id))
    assert row is not None  # noqa: S101 - it was written a moment ago
    run, warning = await start_unify(context)
    is_in_force = row.undone_at is None
    return DecisionResult(
        decision=told_as(Decision, row),
        run=run,
        warning=warning,
        asset_id=(row.other_asset_id if is_in_force else None) or row.asset_id,
    )
