"""Writing alerts: what people ask for, and how each stands after a look at the price."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models.alerts import ADDRESS_NAME, AlertTerms, Sighting, WatchedAlert
from models.db import Sessions, in_a_sentence
from models.outcomes import AlertCondition, AlertState, ChangeWindow
from models.queries.alerts import watched
from models.queries.rates import DOLLAR, currency_check, near_codes, newest_rates
from models.queries.tables import ALERTS
from models.store.publish import publishing
from models.store.standing import Standing

ALERTS_AT_MOST = 10_000
"""All are looked at in the publishing transaction."""
RATE_FRESH = timedelta(days=1)
"""A currency's rate older than this converts nothing."""
NAMES_AT_MOST = 10
SMALLEST, LARGEST, DIGITS = Decimal("1e-24"), Decimal("1e24"), 40
CHANGE_FROM, CHANGE_TO = Decimal(-100), Decimal(1_000_000)


class AlertRefused(Exception):  # noqa: N818 - reads as what happened
    """An alert that could never fire, or one too many. The message says why, and what would do."""


class NoSuchAlert(AlertRefused):
    """There is no live alert of that id."""


async def create_alert(
    sessions: Sessions,
    uid: str,
    terms: AlertTerms,
    by: str,
    at: datetime,
    *,
    note: str | None = None,
    notify: Sequence[str] | None = None,
) -> int:
    """Keep an alert that tells the addresses of these names (None: all); returns its id.

    Raises `AlertRefused`, or `NothingThere` for an unknown uid.
    """
    expect_sense(terms)
    expect_names(notify)
    with in_a_sentence():
        async with sessions.begin() as session:
            asset_id = await Standing(session).asset(uid)
            await _expect_rates(session, terms.currency)
            live = select(func.count()).where(ALERTS.c.deleted_at.is_(None))
            if (await session.scalar(live) or 0) >= ALERTS_AT_MOST:
                raise AlertRefused(f"There are {ALERTS_AT_MOST} alerts: delete one that is not needed first.")
            written = insert(ALERTS).values(
                asset_id=asset_id,
                condition=terms.condition,
                value=terms.value,
                change_window=terms.window,
                currency=terms.currency,
                note=note,
                notify=None if notify is None else list(dict.fromkeys(notify)),
                state=AlertState.ARMED,
                times_fired=0,
                created_by=by,
                created_at=at,
            )
            alert_id: int = (await session.execute(written.returning(ALERTS.c.id))).scalar_one()
    return alert_id


async def delete_alert(sessions: Sessions, alert_id: int, by: str, at: datetime) -> None:
    """End an alert; its history stays. Waits for a publication under way. Raises `NoSuchAlert`."""
    live = update(ALERTS).where(ALERTS.c.id == alert_id, ALERTS.c.deleted_at.is_(None))
    with in_a_sentence():
        # A publication writes alerts on one snapshot: one that changed meanwhile would take it down.
        async with publishing(sessions) as session:
            ended = await session.scalar(live.values(deleted_by=by, deleted_at=at).returning(ALERTS.c.id))
            if ended is None:
                raise NoSuchAlert(f"There is no alert {alert_id}: `priceAlerts` lists them.")


def expect_sense(terms: AlertTerms) -> None:
    """Refuse terms that no price could ever meet, or that any would. Raises `AlertRefused`."""
    is_change, value = terms.condition is AlertCondition.CHANGE_PCT, terms.value
    if is_change != (terms.window is not None):
        raise AlertRefused(
            "A change needs its window: 1h, 24h or 7d." if is_change else "Only a change has a window."
        )
    if is_change and terms.currency != DOLLAR:
        raise AlertRefused("A change is measured in US dollars: leave the currency out.")
    if not value.is_finite() or len(value.as_tuple().digits) > DIGITS:
        raise AlertRefused(f"The value must be a number of {DIGITS} digits at most.")
    if is_change and not (CHANGE_FROM < value <= CHANGE_TO and abs(value) >= SMALLEST):
        raise AlertRefused(
            f"A change is above {CHANGE_FROM} % and {CHANGE_TO:,} % at most, and not 0: negative for a fall."
        )
    if not is_change and not SMALLEST <= value <= LARGEST:
        raise AlertRefused(f"A price to wait for lies from {SMALLEST} to {LARGEST:.0e}.")


def expect_names(notify: Sequence[str] | None) -> None:
    """Refuse what cannot be names of addresses: that there are such is known only where they are sent to."""
    if notify is None:
        return
    if not 0 < len(notify) <= NAMES_AT_MOST:
        raise AlertRefused(f"`notify` names 1 to {NAMES_AT_MOST} addresses; leave it out to tell all.")
    for name in notify:
        if not ADDRESS_NAME.fullmatch(name):
            raise AlertRefused(
                f"{name[:40]!r} is no address's name: names are those before the `=` in NOTIFY_URLS, "
                "of small letters, digits, - and _."
            )


async def _expect_rates(session: AsyncSession, currency: str) -> None:
    if currency == DOLLAR:
        return
    known = set((await session.execute(currency_check(currency))).one().codes)
    if currency not in known:
        near = near_codes(currency, known)
        meant = f" Did you mean {near}?" if near else ""
        raise AlertRefused(f"There is no rate of {currency!r} here.{meant}")


async def watched_alerts(session: AsyncSession, at: datetime) -> list[WatchedAlert]:
    """Read every live alert with what is published about its asset."""
    rows = (await session.execute(watched())).all()
    wanted = {row.currency for row in rows} - {DOLLAR}
    per_usd = await _units_per_usd(session, at) if wanted else {}
    return [_watched(row, per_usd) for row in rows]


async def _units_per_usd(session: AsyncSession, at: datetime) -> dict[str, Decimal]:
    rates = await session.execute(newest_rates(at - RATE_FRESH))
    return {rate.code: rate.units_per_usd for rate in rates if not rate.stale}


def _watched(row: Row[tuple[object, ...]], per_usd: dict[str, Decimal]) -> WatchedAlert:
    window = ChangeWindow(row.change_window) if row.change_window else None
    return WatchedAlert(
        id=row.id,
        terms=AlertTerms(AlertCondition(row.condition), row.value, window, row.currency),
        state=AlertState(row.state),
        times_fired=row.times_fired,
        note=row.note,
        notify=None if row.notify is None else tuple(row.notify),
        name=row.name,
        symbol=row.symbol,
        seen=Sighting(
            price_usd=row.price_usd,
            price_as_of=row.price_as_of,
            confidence=row.price_confidence,
            change_pct=row.change_pct,
            units_per_usd=Decimal(1) if row.currency == DOLLAR else per_usd.get(row.currency),
        ),
    )


async def mark_states(
    session: AsyncSession, *, armed: Sequence[int], fired: Sequence[int], at: datetime
) -> None:
    """Write down which alerts fired, and which are armed again."""
    if fired:
        counted = ALERTS.c.times_fired + 1
        these = update(ALERTS).where(ALERTS.c.id.in_(fired))
        await session.execute(these.values(state=AlertState.FIRED, times_fired=counted, last_fired_at=at))
    if armed:
        these = update(ALERTS).where(ALERTS.c.id.in_(armed))
        await session.execute(these.values(state=AlertState.ARMED))
