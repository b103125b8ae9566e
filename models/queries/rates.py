"""Which currency rates: the newest of each currency, and what a dollar price is by them.

A rate says how many units a bitcoin buys, so that any two of them make a conversion. What is computed is rounded to
`DIGITS` significant digits, since a quotient has no end. What is of now is told by the newest rates, what is of a
moment by those nearest to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Interval,
    Numeric,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
)

from models.queries.moments import between, printed
from models.queries.paging import Parents, Rows, among
from models.queries.staleness import is_stale
from models.queries.tables import ASSETS, RATES

DOLLAR = "usd"
UNITS_OF_BITCOIN = frozenset({"btc", "bits", "sats"})
"""Their rates never move, so that no new ones are kept: they are as new as the dollar's."""
CODES_AT_MOST = 250
DIGITS = 18
"""What a conversion is rounded to."""
RATE_HOLDS = timedelta(days=1)
"""How far from a moment a rate may be to convert what is of that moment."""

_NO_QUOTE = "No quote was fresh enough: `inputs` say why."
_LONG = Decimal("1." + "0" * 60)
"""Makes a quotient long enough to be rounded: Postgres gives no more digits than its operands ask for."""


def newest_rates(stale_before: datetime, *, first: int | None = None) -> Rows:
    """Select the newest rate of every currency, or of the first so many, by code.

    Beside its own columns: `units_per_usd`, `as_of` (the older of the two rates) and `stale`, by which nothing is
    converted; without a rate of the dollar the first two are null.
    """
    codes = _codes()
    rate = _newest(codes.c.code).lateral("rate")
    dollar = _newest(DOLLAR).subquery("dollar")
    as_of = _older(rate.c.code, rate.c.observed_at, dollar.c.observed_at)
    return (
        select(
            *rate.c,
            _rounded(rate.c.units_per_btc * _LONG / dollar.c.units_per_btc).label("units_per_usd"),
            as_of.label("as_of"),
            is_stale(as_of, stale_before).label("stale"),
        )
        .select_from(codes.join(rate, true()).outerjoin(dollar, true()))
        .order_by(rate.c.code)
        .limit(first)
    )


def in_dollars(price_usd: ColumnElement[Any]) -> dict[str, ColumnElement[Any]]:
    """Tell a price in dollars, exactly as it is: by the columns that `prices_in` has for any currency."""
    return {
        "currency": literal(DOLLAR, String),
        "amount": price_usd,
        "rate": literal(Decimal(1), Numeric),
        "rate_as_of": null().cast(DateTime(timezone=True)),
        "reason": case((price_usd.is_(None), _NO_QUOTE)),
    }


def prices_in(asset_ids: Parents[int], *, code: str, stale_before: datetime) -> Rows:
    """Select the unified price of each asset that has one, in a currency, with `parent`.

    `amount` and `rate` are null where `reason` says why.
    """
    conversion = _conversion(code, stale_before).subquery("conversion")
    amount = _rounded(ASSETS.c.price_usd * conversion.c.rate)
    return (
        select(
            ASSETS.c.id.label("parent"),
            ASSETS.c.price_usd,
            conversion.c.code.label("currency"),
            amount.label("amount"),
            conversion.c.rate,
            conversion.c.as_of.label("rate_as_of"),
            case((ASSETS.c.price_usd.is_(None), _NO_QUOTE), else_=conversion.c.reason).label("reason"),
            ASSETS.c.price_method.label("method"),
            ASSETS.c.price_spread.label("spread"),
            ASSETS.c.price_confidence.label("confidence"),
            ASSETS.c.price_as_of.label("as_of"),
            is_stale(ASSETS.c.price_as_of, stale_before).label("stale"),
            ASSETS.c.price_inputs.label("inputs"),
        )
        .join_from(ASSETS, conversion, true())
        .where(among(ASSETS.c.id, asset_ids), ASSETS.c.price_method.is_not(None))
    )


def told_in(
    rows: FromClause, code: str | None, at: ColumnElement[datetime], amounts: Mapping[str, ColumnElement[Any]]
) -> Rows:
    """Select rows as they are, with amounts in dollars told in a currency by the rates nearest to each row's moment.

    Beside the amounts, under their new names: `currency`, `rate` (units for a dollar) and `rate_as_of` (the older of the
    two rates). Amounts and rate are null where no rates are known within `RATE_HOLDS` of the moment. None: dollars.
    """
    if code is None:
        same = in_dollars(null())
        told = {name: same[name] for name in ("currency", "rate", "rate_as_of")} | dict(amounts)
        return select(*rows.c, *(value.label(name) for name, value in told.items()))
    asked = _text(code)
    with_rate, units, rate_at = _with_nearest(rows, "rate", asked, at)
    with_both, dollars, dollar_at = _with_nearest(with_rate, "dollar", DOLLAR, at)
    as_of = _older(asked, rate_at, dollar_at)
    is_near = as_of.between(at - literal(RATE_HOLDS, Interval), at + literal(RATE_HOLDS, Interval))
    rate = case((is_near, _rounded(units * _LONG / dollars)))
    told = {"currency": asked, "rate": rate, "rate_as_of": case((is_near, as_of))}
    told |= {name: _rounded(amount * rate) for name, amount in amounts.items()}
    return select(*rows.c, *(value.label(name) for name, value in told.items())).select_from(with_both)


def near_codes(code: str, known: Collection[str]) -> str:
    """Name the codes that somebody may have meant, as `eur or aud`, the likeliest first; "": none is near."""
    return " or ".join(get_close_matches(code.lower(), sorted({*known, DOLLAR}), n=3))


def currency_check(code: str) -> Rows:
    """Select one row: whether a price can be told in a currency (`is_known`), and the `codes` that somebody told.

    Before any rates were told every code is taken: that there are none is then the reason.
    """
    codes = _codes()
    known = select(codes.c.code).where(codes.c.code.is_not(None)).limit(CODES_AT_MOST).subquery("known")
    told = select(func.coalesce(func.array_agg(known.c.code), cast([], ARRAY(String)))).scalar_subquery()
    is_told = select(RATES.c.code).where(RATES.c.code == code).exists()
    return select(or_(is_told, ~select(RATES.c.code).exists()).label("is_known"), told.label("codes"))


def newest_named(code: str | None = None) -> Rows:
    """Select what the newest rate of a currency, or of every one, says it is: `code`, `name`, `kind`."""
    codes = _codes()
    rate = _newest(codes.c.code).lateral("rate")
    rows = select(rate.c.code, rate.c.name, rate.c.kind).select_from(codes.join(rate, true()))
    return rows if code is None else rows.where(codes.c.code == code)


def rated_days(code: str, start: datetime, end: datetime) -> Select[tuple[date]]:
    """Select the days, UTC, of which a rate of a currency is known, from `start` to before `end`."""
    day = cast(func.timezone("UTC", RATES.c.observed_at), Date)
    return select(day.distinct()).where(RATES.c.code == code, *between(RATES.c.observed_at, start, end))


def _conversion(code: str, stale_before: datetime) -> Rows:
    """Select one row: `code`, `rate` from dollars, `as_of`, and the `reason` where there is no rate."""
    asked = select(_text(code).label("code")).subquery("asked")
    rate, dollar = _newest(asked.c.code).lateral("rate"), _newest(DOLLAR).subquery("dollar")
    as_of = _older(asked.c.code, rate.c.observed_at, dollar.c.observed_at)
    old = "The newest rate of " + asked.c.code + " is of " + printed(as_of) + ": too old to convert by."
    reason = case(
        (rate.c.code.is_(None), "No source has told any currency rates yet."),
        (dollar.c.code.is_(None), "No rate of the US dollar is known to convert from."),
        (is_stale(as_of, stale_before), old),
    )
    quotient = _rounded(rate.c.units_per_btc * _LONG / dollar.c.units_per_btc)
    is_usable = and_(as_of.is_not(None), ~is_stale(as_of, stale_before))
    return select(
        asked.c.code,
        case((is_usable, quotient)).label("rate"),
        as_of.label("as_of"),
        reason.label("reason"),
    ).select_from(asked.outerjoin(rate, true()).outerjoin(dollar, true()))


def _text(value: str | ColumnElement[str]) -> ColumnElement[str]:
    return value if isinstance(value, ColumnElement) else literal(value, String)


def _newest(code: str | ColumnElement[str]) -> Rows:
    newest = select(*RATES.c).where(RATES.c.code == code)
    return newest.order_by(RATES.c.observed_at.desc(), RATES.c.source).limit(1)


def _with_nearest(
    rows: FromClause, name: str, code: str | ColumnElement[str], at: ColumnElement[datetime]
) -> tuple[FromClause, ColumnElement[Decimal], ColumnElement[datetime]]:
    """Join the last rate up to each row's moment, or where that is too old the first after it; and its units and moment.

    A first run tells prices a little before its rates.
    """
    before = _newest(code).where(RATES.c.observed_at <= at).lateral(f"{name}_before")
    is_far = func.coalesce(before.c.observed_at < at - literal(RATE_HOLDS, Interval), True)
    later = select(*RATES.c).where(RATES.c.code == code, RATES.c.observed_at > at, is_far)
    after = later.order_by(RATES.c.observed_at, RATES.c.source).limit(1).lateral(f"{name}_after")
    units, moment = (
        func.coalesce(after.c[column], before.c[column]) for column in ("units_per_btc", "observed_at")
    )
    return rows.outerjoin(before, true()).outerjoin(after, true()), units, moment


def _older(
    code: ColumnElement[str], rate_at: ColumnElement[datetime], dollar_at: ColumnElement[datetime]
) -> ColumnElement[datetime]:
    """Take the moment of the older rate; null without one of the dollar."""
    moves = code.not_in(sorted(UNITS_OF_BITCOIN))
    older: ColumnElement[datetime] = case((moves, func.least(rate_at, dollar_at)), else_=dollar_at)
    return case((dollar_at.is_not(None), older))


def _rounded(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Round a number from zero to `DIGITS` significant digits, with no zeros at its end."""
    digits = DIGITS - 1 - cast(func.floor(func.log(func.coalesce(func.nullif(value, 0), 1))), Integer)
    return func.trim_scale(func.round(value, digits))


def _codes() -> CTE:
    """Walk from each code to the next: the history between is not read."""
    walk = select(func.min(RATES.c.code).label("code")).cte("walk", recursive=True)
    following = select(func.min(RATES.c.code)).where(RATES.c.code > walk.c.code).scalar_subquery()
    return walk.union_all(select(following).where(walk.c.code.is_not(None)))
