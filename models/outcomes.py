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


class ListingKind(StrEnum):
    """A coin lives on its own chain, a token on somebody else's."""

    COIN = "coin"
    TOKEN = "token"  # noqa: S105 - a kind of coin, not a secret
