"""The words for how things ended: shared by the tables, the flows and the API."""

from __future__ import annotations

from enum import StrEnum


class Upstream(StrEnum):
    """Where a database's prices come from. One database never sees both."""

    SANDBOX = "SANDBOX"
    LIVE = "LIVE"


class RunOutcome(StrEnum):
    """How a run stands. It only ever escalates: a run that lost a source is never a success."""

    RUNNING = "running"
    SUCCESS = "success"
    SKIPPED = "skipped"
    PARTIAL = "partial"
    FAILED = "failed"


class SourceState(StrEnum):
    """How a source does, the worst that can be said of it: by its jobs' last runs and by what it may be asked."""

    NEW = "new"
    OK = "ok"
    SLOWED = "slowed"
    PARTIAL = "partial"
    FAILING = "failing"
    BENCHED = "benched"


TROUBLED = (SourceState.PARTIAL, SourceState.FAILING, SourceState.BENCHED)
"""The states of a source that somebody should know of."""


class LinkState(StrEnum):
    """What was decided about "this listing is that asset"."""

    ACCEPTED = "accepted"
    REVIEW = "review"
    REJECTED = "rejected"


class DecisionAction(StrEnum):
    """What a person can decide about listings and assets."""

    ACCEPT = "accept"
    REJECT = "reject"
    MERGE = "merge"
    SPLIT = "split"


class HoldReason(StrEnum):
    """Why a quote is held before it reaches anybody."""

    JUMP = "jump"
    UNIT_FLIP = "unit_flip"
    FUTURE_TIME = "future_time"


class HoldState(StrEnum):
    """How a held quote stands: it waits, others or repetition confirmed it, a person released or rejected it, or it went back."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ListingKind(StrEnum):
    """A coin lives on its own chain, a token on somebody else's."""

    COIN = "coin"
    TOKEN = "token"  # noqa: S105 - a kind of coin, not a secret


class AlertCondition(StrEnum):
    """What a price alert waits for."""

    ABOVE = "above"
    BELOW = "below"
    CHANGE_PCT = "change_pct"


class ChangeWindow(StrEnum):
    """Over which time an alert's change is measured."""

    H1 = "1h"
    H24 = "24h"
    D7 = "7d"


class AlertState(StrEnum):
    """Whether an alert would fire, or has fired and waits for the price to come back across its line."""

    ARMED = "armed"
    FIRED = "fired"


class NotificationKind(StrEnum):
    """What a notification is about."""

    PRICE_ALERT = "price_alert"
    RUN_FAILED = "run_failed"


class NotificationState(StrEnum):
    """How far a notification got. Kept: nobody was named to send it to."""

    PENDING = "pending"
    DELIVERED = "delivered"
    KEPT = "kept"
    GIVEN_UP = "given_up"


class Purpose(StrEnum):
    """What a provider is asked for: current prices always come first, history takes what is left of a budget."""

    CURRENT = "current"
    HISTORY = "history"
