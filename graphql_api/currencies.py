"""Currencies: what a dollar price is in others, by the rates that sources tell."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.context import Context, Info
from graphql_api.errors import BadUserInput
from graphql_api.paging import First, size
from graphql_api.planner.readings import Call, Check, rows
from graphql_api.planner.rows import Row
from graphql_api.resolving import planned
from models.queries import rates as queries
from models.queries.rates import DIGITS

CurrencyCode = Annotated[
    str,
    strawberry.argument(description="A currency's code in any case, like `eur`: `currencies` lists them."),
]


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


@strawberry.type
class CurrencyQuery:
    """The queries about currencies."""

    @planned("The currencies that sources tell rates of, by code. `usd` is always understood.")
    def currencies(self, info: Info, first: First = 100) -> list[Currency]:
        """Say which currencies."""
        return rows(Currency, queries.newest_rates, info.context.stale_before, first=size("first", first))


def code_of(said: str) -> str | None:
    """Read a currency's code in any case; None: dollars, which need no rate."""
    code = said.strip().lower()
    return None if code == queries.DOLLAR else code


async def require_currency(context: Context, said: str) -> str | None:
    """Read a currency's code as `code_of` does. Raises `BadUserInput` where nobody told a rate of it."""
    code = code_of(said)
    if code is not None:
        check = known_currency(said, code)
        row = await context.rows.first(check.call.rows())
        if row is None or not getattr(row, check.column):
            raise check.refuse(row)
    return code


def known_currency(said: str, code: str) -> Check:
    """Require that somebody told a rate of a code; the error has the codes there are."""

    def refuse(row: Row) -> BadUserInput:
        near = queries.near_codes(code, row.codes)
        meant = f" Did you mean {near}?" if near else ""
        return BadUserInput(f"There is no currency {said[:40]!r}.{meant} Known are: {', '.join(row.codes)}.")

    return Check(Call(queries.currency_check, (code,)), "is_known", refuse)
