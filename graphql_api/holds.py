"""Held quotes: what guards keep out of prices and history, and the mutation by which an admin lets one through."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Protocol

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Context, Info
from graphql_api.errors import NotFound
from graphql_api.etl import TriggeredRun, start_unify
from graphql_api.fields import expect_text, key_of, resolver
from graphql_api.paging import After, Connection, FirstOfPage, PageRequest, connection
from graphql_api.planner.readings import row
from graphql_api.resolving import planned
from graphql_api.reviews import asset_of
from graphql_api.security import require_admin
from graphql_api.source_names import SourceFilter, current_name
from graphql_api.writing import told_to_clients
from models.db import Sessions
from models.outcomes import HoldReason, HoldState
from models.queries import holds as queries
from models.store.holds import reject, release

strawberry.enum(
    HoldReason,
    description="Why a quote is held. JUMP: its price is 30 times its listing's recent median, or a thirtieth. "
    "UNIT_FLIP: such a jump by about a power of ten. FUTURE_TIME: the source's time had not come yet.",
)
strawberry.enum(
    HoldState,
    description="How a held quote stands. HELD: it waits. CONFIRMED: another source said so too, or its own twice more. "
    "RELEASED: an admin let it through. REJECTED: an admin said that it is wrong. WITHDRAWN: its source went back.",
)


@strawberry.type(
    description="A quote that a guard doubts, or doubted. While it is held, prices and history are as if its source "
    "were silent about the coin; accepted, it counts from its own time on."
)
class HeldQuote:
    """A quote that a guard doubts, or doubted."""

    id: strawberry.ID = strawberry.field(description="Its id: `releaseQuote` and `rejectQuote` take it.")
    source: str = strawberry.field(description="The source that says it.")
    source_id: str = strawberry.field(description="The source's own id of the coin.")
    name: str | None = strawberry.field(description="What the source calls the coin.")
    symbol: str | None = strawberry.field(description="The symbol the source gives it.")
    reason: HoldReason = strawberry.field(description="Why it is held.")
    detail: str = strawberry.field(description="What was found.")
    price_usd: Decimal = strawberry.field(description="US dollars for one unit, as last seen.")
    known_usd: Decimal | None = strawberry.field(
        description="The listing's median of the three days before; null: its price is not what is doubted."
    )
    source_updated_at: datetime | None = strawberry.field(
        description="When the source says it was; null: it does not say."
    )
    first_seen_at: datetime = strawberry.field(description="When it was first seen.")
    last_seen_at: datetime = strawberry.field(description="When it was last seen.")
    times_seen: int = strawberry.field(
        description="How many observations said it, each of a time of its own."
    )
    state: HoldState = strawberry.field(description="How it stands.")
    settled_at: datetime | None = strawberry.field(description="When that was settled; null: it waits.")
    settled_by: str | None = strawberry.field(
        description="The name of the key of the admin who released or rejected it; null: nobody had to."
    )
    settled_because: str | None = strawberry.field(
        description="What settled it, or the admin's note; null: it waits, or there was no note."
    )
    went_back_at: datetime | None = strawberry.field(
        description="When its source said something else again, after it was rejected; null: it says it still, or it "
        "was not rejected."
    )

    @planned("The asset that the listing is; null: none yet.")
    def asset(self, info: Info) -> Asset | None:
        """Say which asset."""
        return asset_of("asset_id", info)


@strawberry.type(description="A held quote that an admin rejected.")
class RejectResult:
    """A held quote that a person settled."""

    hold_id: strawberry.Private[int]

    @planned("The quote.")
    def held_quote(self, info: Info) -> HeldQuote:
        """Say which quote."""
        del info
        return row(HeldQuote, queries.held_quote_of, self.hold_id)


@strawberry.type(description="A quote that was released, and what followed.")
class ReleaseResult(RejectResult):
    """A quote that was released, and what followed."""

    run: TriggeredRun | None = strawberry.field(
        description="The run that draws prices anew; null: none could be started, see `warning`."
    )
    warning: str | None = strawberry.field(
        description="Why no run could be started: prices follow with the next one. Null: one was."
    )


@strawberry.type
class HoldQuery:
    """The queries about held quotes."""

    @planned("Quotes that are held, or were, newest first.")
    def held_quotes(
        self,
        info: Info,
        first: FirstOfPage = None,
        after: After = None,
        source: SourceFilter = None,
        state: Annotated[
            HoldState | None, strawberry.argument(description="Only those that stand so; null: all.")
        ] = None,
    ) -> Connection[HeldQuote]:
        """Say which quotes."""
        del info
        wanted, name = PageRequest(first, after), current_name(source)
        return connection(HeldQuote, wanted, queries.NEWEST_FIRST, queries.held_quotes, name, state)


HoldId = Annotated[strawberry.ID, strawberry.argument(description="The held quote's id.")]
Note = Annotated[str | None, strawberry.argument(description="Why, for those who read it later.")]


@strawberry.type
class HoldMutation:
    """The mutations about held quotes."""

    @resolver(
        "Let a held quote through, be it rejected before: it lands with all that was seen of it, and prices near it "
        "pass from now on. Admins only."
    )
    async def release_quote(
        self,
        info: Info,
        id: HoldId,  # noqa: A002 - the API's word
        note: Note = None,
    ) -> ReleaseResult:
        """Release a quote."""
        hold_id = await _settle(release, info.context, id, note)
        run, warning = await start_unify(info.context)
        return ReleaseResult(run=run, warning=warning, hold_id=hold_id)

    @resolver(
        "Say that a held quote is wrong: it stays as a record, never counts, and its source is not believed about the "
        "coin until it says something else again. Admins only."
    )
    async def reject_quote(
        self,
        info: Info,
        id: HoldId,  # noqa: A002 - the API's word
        note: Note = None,
    ) -> RejectResult:
        """Reject a quote."""
        return RejectResult(hold_id=await _settle(reject, info.context, id, note))


class Settle(Protocol):
    """What can be done about a held quote."""

    async def __call__(
        self, sessions: Sessions, hold_id: int, by: str, at: datetime, note: str | None = None
    ) -> None:
        """Do it, in the name of `by`."""


async def _settle(settle: Settle, context: Context, id_: strawberry.ID, note: str | None) -> int:
    """Let an admin settle a held quote; returns its key."""
    by = require_admin(context.request, context.settings)
    expect_text(note)
    if (hold_id := key_of(id_)) is None:
        raise NotFound(f"There is no held quote {id_[:40]!r}: `heldQuotes` lists them.")
    with told_to_clients():
        await settle(context.services.writer, hold_id, by, context.now, note)
    await context.renew()  # an earlier mutation of the same request has read before this one wrote
    return hold_id
