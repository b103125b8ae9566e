"""Alerts and notifications as values: what a person asks for, what is looked at, and what is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models.outcomes import AlertCondition, AlertState, ChangeWindow, NotificationKind

ADDRESS_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
"""How an address of NOTIFY_URLS may be called."""


@dataclass(frozen=True, slots=True)
class AlertTerms:
    """What a person wants to be told about.

    ABOVE and BELOW: the price in `currency` reaches `value`. CHANGE_PCT: the change over `window` reaches `value`
    percent, upwards for a positive one and downwards for a negative one.
    """

    condition: AlertCondition
    value: Decimal
    window: ChangeWindow | None = None
    currency: str = "usd"
    """The code of its rate."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is published about an asset at the moment that its alerts are looked at."""

    price_usd: Decimal | None
    price_as_of: datetime | None
    confidence: float | None
    change_pct: Decimal | None = None
    """Over the alert's window."""
    units_per_usd: Decimal | None = Decimal(1)
    """Of the alert's currency; None: no rate is known, or none of today."""


@dataclass(frozen=True, slots=True)
class WatchedAlert:
    """A live alert beside what is published about the asset that it means today."""

    id: int
    terms: AlertTerms
    state: AlertState
    times_fired: int
    note: str | None
    notify: tuple[str, ...] | None
    """Names of the addresses that are told; None: all."""
    name: str
    symbol: str | None
    seen: Sighting


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell people. `key` names what happened: posted again, it stays one."""

    key: str
    kind: NotificationKind
    title: str
    body: str
    alert_id: int | None = None
    run_id: int | None = None
    notify: tuple[str, ...] | None = None
    """Names of the addresses it is for; None: all."""
