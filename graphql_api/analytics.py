"""Analytics: what an asset's daily series amounts to. Everything is null where too little is known."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.candles import CANDLES_AT_MOST
from graphql_api.context import Info
from graphql_api.errors import BadUserInput
from graphql_api.moments import To
from graphql_api.paging import size
from graphql_api.planner.readings import row_below, rows_below
from graphql_api.resolving import planned
from models.queries import analytics as queries
from models.queries.analytics import DAYS_A_YEAR, ReturnWindow, Span
from models.queries.averages import AverageKind, averages_of
from models.queries.candles import Step
from models.queries.closes import past

strawberry.enum(ReturnWindow, description="Over how long: one hour, 24 hours, 7, 30 or 90 days, 365 days.")
strawberry.enum(
    AverageKind,
    description="How days are weighed: all alike, or each by (n - 1) / (n + 1) of the day after it.",
)
DAYS_AT_LEAST = 7
AVERAGED_AT_MOST = 400

Days = Annotated[
    int,
    strawberry.argument(
        description=f"How many days back, up to the last that is over: {DAYS_AT_LEAST} to {CANDLES_AT_MOST}. "
        "Each counts in the request's cost."
    ),
]


@strawberry.type(description="What an asset gained between two closes of its series.")
class Return:
    """What an asset gained between two closes of its series."""

    percent: Decimal = strawberry.field(
        description="(to - from) / from in percent: 1.5 is 1.5 %, -50 is half of it lost."
    )
    from_at: datetime = strawberry.field(description="When the price was told that it is reckoned from.")
    from_usd: Decimal = strawberry.field(description="That price in US dollars.")
    to_at: datetime = strawberry.field(description="When the price was told that it is reckoned to.")
    to_usd: Decimal = strawberry.field(description="That price in US dollars.")


@strawberry.type(description="How much an asset's daily returns vary.")
class Volatility:
    """How much an asset's daily returns vary."""

    percent: float = strawberry.field(description="Percent a year: 60 is 60 %.")
    returns: int = strawberry.field(description="How many daily returns it was drawn from.")


@strawberry.type(description="A fall from the highest close before it.")
class Drawdown:
    """A fall from the highest close before it."""

    percent: Decimal = strawberry.field(
        description="(peak - trough) / peak in percent: 80 is a fall by 80 %, 0 is none."
    )
    peak_at: datetime = strawberry.field(description="The day of the peak, by the midnight it begins at.")
    peak_usd: Decimal = strawberry.field(description="Its close in US dollars.")
    trough_at: datetime = strawberry.field(description="The day of the trough, by the midnight it begins at.")
    trough_usd: Decimal = strawberry.field(description="Its close in US dollars.")


@strawberry.type(description="How far two assets' daily returns go together.")
class Correlation:
    """How far two assets' daily returns go together."""

    coefficient: float = strawberry.field(description="Pearson's: 1 is together, 0 not at all, -1 against.")
    returns: int = strawberry.field(description="How many days on which both have a return.")


@strawberry.type(description="A moving average on one day.")
class MovingAverage:
    """A moving average on one day."""

    opened_at: datetime = strawberry.field(description="The midnight that the day begins at.")
    average_usd: Decimal | None = strawberry.field(
        description="The average up to that day in US dollars; null: too few days are known."
    )


@strawberry.type(
    description="What an asset's unified series of days (`daily`) amounts to; null where too little is known. "
    "Days and hours are those of UTC that are over. A daily return is ln(close / close of the day before); a day after "
    "a gap has none."
)
class Analytics:
    """What an asset's unified series amounts to."""

    @planned(
        "What it gained, from close to close: of hours over up to 24 hours, of days over more. From the last close up "
        "to that long ago, to the newest; null where either is missing. Each may be a day older, with H24 an hour."
    )
    def return_over(
        self,
        info: Info,
        window: Annotated[ReturnWindow, strawberry.argument(description="Over how long.")] = ReturnWindow.D30,
    ) -> Return | None:
        """Say from when to when."""
        span, now = window.value, info.context.now
        return _return(span, now - span.steps * span.step.value, now)

    @planned(
        "What it gained since a moment: from the close of the last day that was over by then, to that of the last day "
        "that is over now. Each may be a day older; null where either is missing."
    )
    def return_since(
        self, info: Info, moment: Annotated[datetime, strawberry.argument(description="Since when.")]
    ) -> Return | None:
        """Say from when to when."""
        return _return(ReturnWindow.Y1.value, moment, info.context.now)

    @planned(
        f"The sample standard deviation of its daily returns times the square root of {DAYS_A_YEAR}, since crypto is "
        "traded every day (Hull, Options, Futures, and Other Derivatives). Null with returns of fewer than half the days."
    )
    def volatility(self, info: Info, days: Days = 30) -> Volatility | None:
        """Say over which days."""
        span = past(Step.DAY, _checked(days) + 1, info.context.now)
        return row_below(Volatility, "id", queries.volatilities_of, stretches=span, at_least=_half(days))

    @planned(
        "Its largest fall from the highest close before it, the earliest of several as large (Bacon, Practical Portfolio "
        "Performance Measurement and Attribution). Null with fewer than two closes."
    )
    def max_drawdown(self, info: Info, days: Days = 365) -> Drawdown | None:
        """Say over which days."""
        span = past(Step.DAY, _checked(days), info.context.now)
        return row_below(Drawdown, "id", queries.drawdowns_of, stretches=span)

    @planned(
        "Pearson's correlation of its daily returns with those of another asset, on days on which both have one. Null "
        "with fewer than half the days, and where one of them never moved."
    )
    def correlation(
        self,
        info: Info,
        other: Annotated[
            str, strawberry.argument(name="with", description="The other asset's uid, like `ethereum`.")
        ],
        days: Days = 90,
    ) -> Correlation | None:
        """Say over which days."""
        span = past(Step.DAY, _checked(days) + 1, info.context.now)
        return row_below(
            Correlation, "id", queries.correlations_of, other=other, stretches=span, at_least=_half(days)
        )

    @planned(
        "Its moving average on each day that has a close, newest first. A simple one is the mean of the last `days` "
        "closes, null unless all of these days have one. An exponential one weighs all closes up to the day, and is "
        "null until `days` of them are known; a day without a close only makes those before it weigh less (pandas: "
        "`ewm(span=days, adjust=True)` on calendar days)."
    )
    def moving_average(
        self,
        info: Info,
        kind: Annotated[
            AverageKind, strawberry.argument(description="How days are weighed.")
        ] = AverageKind.SIMPLE,
        days: Annotated[
            int, strawberry.argument(description=f"Over how many days: 1 to {AVERAGED_AT_MOST}.")
        ] = 30,
        first: Annotated[
            int, strawberry.argument(description=f"How many days back from `to`, 1 to {CANDLES_AT_MOST}.")
        ] = 30,
        end: To = None,
    ) -> list[MovingAverage]:
        """Say of which days."""
        shown = past(Step.DAY, size("first", first, CANDLES_AT_MOST), info.context.now, end=end)
        averaged = size("days", days, AVERAGED_AT_MOST)
        return rows_below(MovingAverage, "id", averages_of, kind=kind, days=averaged, stretches=shown)


def _return(span: Span, since: datetime, now: datetime) -> Return:
    begin, end = (past(span.step, 1 + span.slack, at) for at in (since, now))
    return row_below(Return, "id", queries.returns_of, step=span.step, begin=begin, end=end)


def _checked(days: int) -> int:
    if not DAYS_AT_LEAST <= days <= CANDLES_AT_MOST:
        raise BadUserInput(f"`days` must be {DAYS_AT_LEAST} to {CANDLES_AT_MOST}, got {days}.")
    return days


def _half(days: int) -> int:
    return -(-days // 2)
