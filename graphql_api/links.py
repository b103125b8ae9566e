"""Links: why a source's listing is, may be, or is not an asset."""

from __future__ import annotations

from datetime import datetime

import strawberry

from models.outcomes import LinkState

strawberry.enum(LinkState, description='What was decided about "this listing is that asset".')


@strawberry.type(description='The decision "this listing is that asset", with what spoke for it.')
class Link:
    """The decision "this listing is that asset"."""

    source: str = strawberry.field(description="The listing's source.")
    source_id: str = strawberry.field(description="The source's own id of the coin.")
    state: LinkState = strawberry.field(description="What was decided.")
    method: str = strawberry.field(
        description="The rule that decided: the evidence that carried most, `founded`, or `person`."
    )
    score: float = strawberry.field(description="How much spoke for it, 0 to 1.")
    reasons: list[str] = strawberry.field(description="What spoke for it and against it, in words.")
    decided_by: str = strawberry.field(
        description="Who decided: `matcher`, a person by the name of their key, or `asset_overrides.csv`."
    )
    decided_at: datetime = strawberry.field(description="When.")
    retired_at: datetime | None = strawberry.field(
        description="Since when it no longer holds; null: it holds. Links are retired, never deleted."
    )

    retired_because: str | None = strawberry.field(
        description="Why it no longer holds; null: it holds, or ended before reasons were kept."
    )
    decision_id: strawberry.ID | None = strawberry.field(
        description="The decision of a person that made it: undo it by this id; null: the matcher made it."
    )
