"""The unified daily series: one price a day, and which source told it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry


@strawberry.type(
    description="What an asset cost at the end of a day (UTC): the last price that one of its listings told in it. Of "
    "several listings the middle one by price; of two in the middle the one drawn from more points, then by source."
)
class DailyPrice:
    """What an asset cost at the end of a day."""

    opened_at: datetime = strawberry.field(description="The midnight that the day begins at.")
    closed_at: datetime = strawberry.field(description="When the price was told.")
    close_usd: Decimal = strawberry.field(description="US dollars for one unit.")
    source: str = strawberry.field(description="The source that told it.")
    source_id: str = strawberry.field(description="The source's own id of the coin.")
    listings: int = strawberry.field(description="How many listings have a price on that day.")
    lowest_usd: Decimal = strawberry.field(description="The lowest of their last prices.")
    highest_usd: Decimal = strawberry.field(description="The highest of their last prices.")
