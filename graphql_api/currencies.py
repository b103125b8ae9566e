"""Currencies: what a dollar price is in others, by the rates that sources tell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from decimal import Context as Precision
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.context import Context, Info
from graphql_api.errors import BadUserInput
from graphql_api.fields import resolver
from graphql_api.paging import First, size
from graphql_api.planner.rows import Row
from graphql_api.scalars import print_datetime
from models.queries import rates as queries
from models.queries.rates import DOLLAR, UNITS_OF_BITCOIN

DIGITS = 18
"""What a conversion is rounded to: a quotient has no end."""
_ROUNDED = Precision(prec=DIGITS)

CurrencyCode = Annotated[
    str,
    strawberry.argument(description="A currency's code in any case, like `eur`: `currencies` lists them."),
]


@dataclass(frozen=True, slots=True)
class Conversion:
    """From dollars into one currency, or the reason why there is no way."""

    code: str
    rate: Decimal | None = None
    as_of: datetime | None = None
    reason: str | None = None

    def convert(self, price_usd: Decimal | None) -> Decimal | None:
        """Tell a dollar price in the currency. Dollars stay as they are, to the last digit."""
        if price_usd is None or self.rate is None:
            return None
        return price_usd if self.code == DOLLAR else _ROUNDED.multiply(price_usd, self.rate)


@strawberry.type(description="A currency that prices can be told in.")
class Currency:
    """A currency that prices can be told in."""

    code: str = strawberry.field(description="Its code, as `price(currency:)` takes it.")
    name: str = strawberry.field(description="Its name.")
    kind: str = strawberry.field(description="What it is, as the source says: `fiat`, `crypto`, `commodity`.")
    units_per_usd: Decimal | None = strawberry.field(
        description=f"Units for one US dollar, rounded to {DIGITS} digits; null: no rate of the dollar is known."
    )
    as_of: datetime | None = strawberry.field(
        description="The moment of the older of the two rates; null: no rate of the dollar is known."
    )
    stale: bool = strawberry.field(
        description="Whether that is older than STALE_AFTER_SECONDS: then nothing is converted."
    )
    source: str = strawberry.field(description="The source that told the rate.")

    @classmethod
    def from_row(cls, row: Row, dollar: Row | None, stale_before: datetime) -> Currency:
        """Take a currency as `newest_rates` selects it, beside the dollar's rate."""
        conversion = _conversion(row, dollar, stale_before)
        return cls(
            code=row.code,
            name=row.name,
            kind=row.kind,
            units_per_usd=None if dollar is None else _rate(row, dollar),
            as_of=conversion.as_of,
            stale=conversion.rate is None,
            source=row.source,
        )


@strawberry.type
class CurrencyQuery:
    """The queries about currencies."""

    @resolver("The currencies that sources tell rates of, by code. `usd` is always understood.")
    async def currencies(self, info: Info, first: First = 100) -> list[Currency]:
        """Read the currencies."""
        rows = await info.context.rows.all(queries.newest_rates())
        dollar = next((row for row in rows if row.code == DOLLAR), None)
        return [
            Currency.from_row(row, dollar, info.context.stale_before) for row in rows[: size("first", first)]
        ]


async def conversion_into(context: Context, currency: str) -> Conversion:
    """Find the rate from dollars. Raises `BadUserInput`, with the codes there are, for a code nobody told."""
    code = currency.strip().lower()
    if code == DOLLAR:
        return Conversion(DOLLAR, Decimal(1))
    # Asked for together, they are one statement.
    rates, dollars = await asyncio.gather(
        *(context.children(queries.rates_of, each) for each in (code, DOLLAR))
    )
    if rates:
        return _conversion(rates[0], dollars[0] if dollars else None, context.stale_before)
    known = [row.code for row in await context.children(queries.codes_instead_of, code)]
    if known:
        raise BadUserInput(f"There is no currency {currency[:40]!r}. Known are: {', '.join(known)}.")
    return Conversion(code, reason="No source has told any currency rates yet.")


def _conversion(rate: Row, dollar: Row | None, stale_before: datetime) -> Conversion:
    if dollar is None:
        return Conversion(rate.code, reason="No rate of the US dollar is known to convert from.")
    as_of = dollar.observed_at
    if rate.code not in UNITS_OF_BITCOIN:
        as_of = min(as_of, rate.observed_at)
    if as_of < stale_before:
        reason = f"The newest rate of {rate.code} is of {print_datetime(as_of)}: too old to convert by."
        return Conversion(rate.code, as_of=as_of, reason=reason)
    return Conversion(rate.code, _rate(rate, dollar), as_of)


def _rate(rate: Row, dollar: Row) -> Decimal:
    return _ROUNDED.divide(rate.units_per_btc, dollar.units_per_btc)
