"""Price alerts: what admins want to be told about prices, and what was told."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from graphql_api.assets import Asset
from graphql_api.context import Context, Info
from graphql_api.currencies import CurrencyCode
from graphql_api.errors import NotFound
from graphql_api.fields import expect_text, key_of, resolver
from graphql_api.paging import After, Connection, FirstOfPage, PageRequest, connection
from graphql_api.resolving import planned, told_as
from graphql_api.reviews import asset_of
from graphql_api.security import require_admin
from graphql_api.writing import told_to_clients
from models.alerts import AlertTerms
from models.outcomes import AlertCondition, AlertState, ChangeWindow, NotificationKind, NotificationState
from models.queries import alerts as queries
from models.queries.rates import DOLLAR
from models.store.alerts import create_alert, delete_alert

strawberry.enum(
    AlertCondition,
    description="What a price alert waits for: the price reaching a value from below (ABOVE) or from above (BELOW), "
    "or a change over a window reaching a percentage (CHANGE_PCT).",
)
strawberry.enum(ChangeWindow, description="The time over which an alert's change is measured.")
strawberry.enum(
    AlertState,
    description="ARMED fires at the next publication in which its condition holds. FIRED has done so, and is armed "
    "again when the price has come back across the line by 1 %, or a change by a tenth.",
)
strawberry.enum(NotificationKind, description="What a notification is about.")
strawberry.enum(
    NotificationState,
    description="How far a notification got. KEPT: no address is configured (NOTIFY_URLS), it is only shown here.",
)


@strawberry.type(
    description="What an admin wants to be told about an asset's unified price. Looked at in each publication; a "
    "price that is missing, old or less confident than ALERT_MIN_CONFIDENCE changes nothing."
)
class PriceAlert:
    """What an admin wants to be told about an asset's unified price."""

    id: strawberry.ID = strawberry.field(description="Its id: `deletePriceAlert` takes it.")
    condition: AlertCondition = strawberry.field(description="What it waits for.")
    value: Decimal = strawberry.field(
        description="The price, in its currency; for a change percent, negative for a fall."
    )
    window: ChangeWindow | None = strawberry.field(description="Of a change: over which time; else null.")
    currency: str = strawberry.field(description="The currency's code, like `usd`.")
    note: str | None = strawberry.field(description="What its maker wants to be reminded of.")
    notify: list[str] | None = strawberry.field(
        description="The names of the addresses that are told; null: all there are."
    )
    state: AlertState = strawberry.field(description="Whether it would fire.")
    times_fired: int = strawberry.field(description="How often it has fired: once for each crossing.")
    last_fired_at: datetime | None = strawberry.field(description="When it fired last; null: never.")
    created_by: str = strawberry.field(description="The name of its maker's key.")
    created_at: datetime = strawberry.field(description="When it was made.")

    @planned("The asset; where it was merged into another, that one.")
    def asset(self, info: Info) -> Asset:
        """Say which asset."""
        return asset_of("current_asset_id", info)


@strawberry.type(description="Something that people are told: an alert that fired, or a run that failed.")
class Notification:
    """Something that people are told."""

    id: strawberry.ID = strawberry.field(description="Its id.")
    kind: NotificationKind = strawberry.field(description="What it is about.")
    title: str = strawberry.field(description="What happened.")
    body: str = strawberry.field(description="The details, a line each.")
    alert_id: strawberry.ID | None = strawberry.field(
        description="The alert that fired; null: it is about a run."
    )
    run_id: strawberry.ID | None = strawberry.field(
        description="The run that failed; null: it is about an alert."
    )
    notify: list[str] | None = strawberry.field(
        description="The names of the addresses it is for; null: all there are."
    )
    created_at: datetime = strawberry.field(description="When it happened.")
    state: NotificationState = strawberry.field(description="How far it got.")
    attempts: int = strawberry.field(description="How often it was tried to send it.")
    due_at: datetime | None = strawberry.field(description="When it may be tried next; null: no more.")
    settled_at: datetime | None = strawberry.field(
        description="When it was sent, kept or given up; null: not yet."
    )
    error: str | None = strawberry.field(description="Why the last attempt failed; null: it did not.")


@strawberry.type
class AlertQuery:
    """The queries about alerts."""

    @planned("Price alerts, newest first. Admins only.")
    def price_alerts(
        self,
        info: Info,
        first: FirstOfPage = None,
        after: After = None,
        uid: Annotated[
            str | None, strawberry.argument(description="Only of this asset; null: of all.")
        ] = None,
    ) -> Connection[PriceAlert]:
        """Say which alerts."""
        require_admin(info.context.request, info.context.settings)
        expect_text(uid)
        return connection(
            PriceAlert, PageRequest(first, after), queries.NEWEST_FIRST, queries.alerts, uid=uid
        )

    @planned(
        "What people were told, or are to be: alerts that fired, runs that failed. Newest first. Admins only."
    )
    def notifications(
        self, info: Info, first: FirstOfPage = None, after: After = None
    ) -> Connection[Notification]:
        """Say which notifications."""
        require_admin(info.context.request, info.context.settings)
        wanted = PageRequest(first, after)
        return connection(Notification, wanted, queries.NEWEST_TOLD_FIRST, queries.notifications)


@strawberry.type
class AlertMutation:
    """The mutations about alerts."""

    @resolver(
        "Ask to be told of a price, once for each time that it crosses the line. Where it is beyond it already, that "
        "is told at the next publication. Admins only."
    )
    async def create_price_alert(
        self,
        info: Info,
        uid: Annotated[
            str, strawberry.argument(description="The asset's uid; one given up means its successor.")
        ],
        condition: Annotated[AlertCondition, strawberry.argument(description="What to wait for.")],
        value: Annotated[
            Decimal,
            strawberry.argument(description="The price, or the percents of change: negative for a fall."),
        ],
        window: Annotated[
            ChangeWindow | None, strawberry.argument(description="For CHANGE_PCT, and only there.")
        ] = None,
        currency: CurrencyCode = DOLLAR,
        note: Annotated[
            str | None, strawberry.argument(description="A reminder, sent along with the notification.")
        ] = None,
        notify: Annotated[
            list[str] | None,
            strawberry.argument(
                description="Only these addresses, by the names that NOTIFY_URLS gives them (`slack`: "
                "SLACK_WEBHOOK_URL); null: all there are."
            ),
        ] = None,
    ) -> PriceAlert:
        """Make an alert."""
        by = require_admin(info.context.request, info.context.settings)
        expect_text((uid, currency, note, *(notify or ())))
        terms = AlertTerms(condition, value, window, currency.strip().lower())
        with told_to_clients():
            alert_id = await create_alert(
                info.context.services.writer,
                uid,
                terms,
                by,
                info.context.now,
                note=note,
                notify=notify,
            )
        return await _alert(info.context, alert_id)

    @resolver("Take an alert away; what it told stays in `notifications`. Admins only.")
    async def delete_price_alert(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The alert's id.")],  # noqa: A002 - the API's word
    ) -> PriceAlert:
        """Delete an alert."""
        by = require_admin(info.context.request, info.context.settings)
        if (alert_id := key_of(id)) is None:
            raise NotFound(f"There is no alert {id[:40]!r}: `priceAlerts` lists them.")
        with told_to_clients():
            await delete_alert(info.context.services.writer, alert_id, by, info.context.now)
        return await _alert(info.context, alert_id)


async def _alert(context: Context, alert_id: int) -> PriceAlert:
    await context.renew()  # an earlier mutation of the same request has read before this one wrote
    row = await context.rows.first(queries.alerts(alert_id=alert_id, with_deleted=True))
    assert row is not None  # noqa: S101 - it was written a moment ago
    return told_as(PriceAlert, row)
