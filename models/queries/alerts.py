"""Which alerts there are and what is published about their assets; and what people were told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Select, case, select

from models.outcomes import ChangeWindow, NotificationState
from models.queries.assets import current_asset
from models.queries.paging import Order, Rows
from models.queries.tables import ALERTS, ASSETS, NOTIFICATIONS

NEWEST_FIRST = Order(ALERTS.c.created_at, ALERTS.c.id, descending=True, tie_descending=True, nullable=False)
NEWEST_TOLD_FIRST = Order(
    NOTIFICATIONS.c.created_at, NOTIFICATIONS.c.id, descending=True, tie_descending=True, nullable=False
)

_CHANGES = {
    ChangeWindow.H1: ASSETS.c.percent_change_1h,
    ChangeWindow.H24: ASSETS.c.percent_change_24h,
    ChangeWindow.D7: ASSETS.c.percent_change_7d,
}


def alerts(*, uid: str | None = None, alert_id: int | None = None, with_deleted: bool = False) -> Rows:
    """Select alerts with `current_asset_id`, the asset that each means today; `uid`: only of what that uid means."""
    today = _assets_today()
    window = ALERTS.c.change_window.label("window")
    rows = select(*ALERTS.c, window, today.c.asset_id.label("current_asset_id")).join(
        today, today.c.alert_id == ALERTS.c.id
    )
    if uid is not None:
        rows = rows.where(today.c.asset_id.in_(current_asset(uid)))
    if alert_id is not None:
        rows = rows.where(ALERTS.c.id == alert_id)
    return rows if with_deleted else rows.where(ALERTS.c.deleted_at.is_(None))


def watched() -> Select[Any]:
    """Select live alerts with the published numbers of their assets; `change_pct` is the one of the alert's window."""
    today = _assets_today()
    change = case(*((ALERTS.c.change_window == window, column) for window, column in _CHANGES.items()))
    return (
        select(
            *(
                ALERTS.c[name]
                for name in ("id", "condition", "value", "change_window", "currency", "note", "notify")
            ),
            *(ALERTS.c[name] for name in ("state", "times_fired")),
            *(ASSETS.c[name] for name in ("name", "symbol", "price_usd", "price_as_of", "price_confidence")),
            change.label("change_pct"),
        )
        .join(today, today.c.alert_id == ALERTS.c.id)
        .join(ASSETS, ASSETS.c.id == today.c.asset_id)
        .where(ALERTS.c.deleted_at.is_(None))
        .order_by(ALERTS.c.id)
    )


def notifications() -> Rows:
    """Select everything that people were told, or are to be; `due_at` is null where nothing is left to do."""
    due_at = case((NOTIFICATIONS.c.settled_at.is_(None), NOTIFICATIONS.c.due_at)).label("due_at")
    return select(*(column for column in NOTIFICATIONS.c if column.name != "due_at"), due_at)


def next_due(after: int, at: datetime) -> Select[Any]:
    """Select and lock the first notification with a greater id that may be sent; nobody else's."""
    return (
        select(*NOTIFICATIONS.c)
        .where(
            NOTIFICATIONS.c.state == NotificationState.PENDING,
            NOTIFICATIONS.c.due_at <= at,
            NOTIFICATIONS.c.id > after,
        )
        .order_by(NOTIFICATIONS.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )


def _assets_today() -> CTE:
    """Walk from each alert's asset to the one that answers for it: (`alert_id`, `asset_id`)."""
    walk = (
        select(ALERTS.c.id.label("alert_id"), ASSETS.c.id.label("asset_id"), ASSETS.c.successor_id)
        .join(ASSETS, ASSETS.c.id == ALERTS.c.asset_id)
        .cte("successors", recursive=True)
    )
    # UNION without ALL ends the walk should successors ever form a ring.
    walk = walk.union(
        select(walk.c.alert_id, ASSETS.c.id, ASSETS.c.successor_id).join(
            ASSETS, ASSETS.c.id == walk.c.successor_id
        )
    )
    ends = select(walk.c.alert_id, walk.c.asset_id).where(walk.c.successor_id.is_(None))
    return ends.cte("assets_today")
