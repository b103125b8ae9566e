"""Candles and sparklines: an asset's price points gathered into stretches of time."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry

from models.queries.candles import CandleInterval

strawberry.enum(
    CandleInterval,
    description="How long a candle is: minutes, hours, a day or a week (from Monday), in UTC.",
)
CANDLES_AT_MOST = 4_000
"""Ten years of days, and some."""
POINTS_AT_MOST = 250

CandleCount = Annotated[
    int,
    strawberry.argument(
        description=f"How many stretches back from `to`, 1 to {CANDLES_AT_MOST}. Those without points have no candle."
    ),
]
Interval = Annotated[CandleInterval, strawberry.argument(description="How long a candle is.")]
CandlesTo = Annotated[
    datetime | None, strawberry.argument(name="to", description="Before this moment; null: up to now.")
]
_NO_RATE = "Null: no rate within a day of it is known."
Points = Annotated[int, strawberry.argument(description=f"How many values, 1 to {POINTS_AT_MOST}.")]


@strawberry.enum(description="How far a sparkline reaches back: hours or days.")
class SparklineWindow(Enum):
    """How far a sparkline reaches back."""

    H24 = timedelta(hours=24)
    D7 = timedelta(days=7)
    D30 = timedelta(days=30)


SparklineReach = Annotated[SparklineWindow, strawberry.argument(description="How far it reaches back.")]


@strawberry.type(
    description="What an asset cost in one stretch of time: for one unit, in US dollars and in the currency asked for."
)
class Candle:
    """What an asset cost in one stretch of time."""

    opened_at: datetime = strawberry.field(description="When the stretch begins.")
    open_usd: Decimal = strawberry.field(description="The first price in it.")
    high_usd: Decimal = strawberry.field(description="The highest price in it.")
    low_usd: Decimal = strawberry.field(description="The lowest price in it.")
    close_usd: Decimal = strawberry.field(description="The last price in it.")
    volume_usd_24h: Decimal | None = strawberry.field(
        description="US dollars traded in the 24 hours before the last point that says it; null: none does. "
        "Sources tell no volume of shorter stretches."
    )
    points: int = strawberry.field(description="How many price points it was drawn from.")
    currency: str = strawberry.field(description="The currency that was asked for, `usd` unless told.")
    open: Decimal | None = strawberry.field(description=f"The first price in that currency. {_NO_RATE}")
    high: Decimal | None = strawberry.field(description=f"The highest price in that currency. {_NO_RATE}")
    low: Decimal | None = strawberry.field(description=f"The lowest price in that currency. {_NO_RATE}")
    close: Decimal | None = strawberry.field(description=f"The last price in that currency. {_NO_RATE}")
    rate: Decimal | None = strawberry.field(
        description="Units of the currency for one US dollar, nearest to the moment of the last price: all four are "
        f"told by it. {_NO_RATE}"
    )
    rate_as_of: datetime | None = strawberry.field(
        description="The moment that the rate is of; null: there is none, or none is needed."
    )
