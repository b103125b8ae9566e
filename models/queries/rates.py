"""Which currency rates: the newest of each currency, as units that a bitcoin buys."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import CTE, String, asc, desc, func, select, true

from models.queries.paging import Rows, for_each
from models.queries.tables import RATES

DOLLAR = "usd"
UNITS_OF_BITCOIN = frozenset({"btc", "bits", "sats"})
"""Their rates never move, so that no new ones are kept: they are as new as the dollar's."""
CODES_AT_MOST = 250


def rates_of(codes: Sequence[str]) -> Rows:
    """Select the newest rate of each code: `units_per_btc` and `observed_at`."""
    return for_each(
        codes,
        String(),
        lambda code: select(*RATES.c).where(RATES.c.code == code),
        order=(desc("observed_at"), asc("source")),
        first=1,
    )


def codes_instead_of(codes: Sequence[str]) -> Rows:
    """Select, for each code that nobody told, every `code` that somebody did."""
    known = _codes()
    return for_each(
        codes,
        String(),
        lambda _: select(known.c.code).where(known.c.code.is_not(None)),
        order=(asc("code"),),
        first=CODES_AT_MOST,
    )


def newest_rates() -> Rows:
    """Select the newest rate of every currency, by code."""
    codes = _codes()
    newest = select(*RATES.c).where(RATES.c.code == codes.c.code)
    rate = newest.order_by(RATES.c.observed_at.desc(), RATES.c.source).limit(1).lateral("rate")
    return select(*rate.c).select_from(codes.join(rate, true())).order_by(rate.c.code)


def _codes() -> CTE:
    """Walk from each code to the next: the history between is not read."""
    walk = select(func.min(RATES.c.code).label("code")).cte("walk", recursive=True)
    following = select(func.min(RATES.c.code)).where(RATES.c.code > walk.c.code).scalar_subquery()
    return walk.union_all(select(following).where(walk.c.code.is_not(None)))
