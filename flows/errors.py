"""Errors by remedy: what to do about it decides the class, not where it came from.

RetryNow         a passing fault: try again with backoff and jitter
RetryLater       the provider said when: wait `seconds`, or give the run back if that is too long
BudgetExhausted  nothing more until the provider's period ends
Fatal            a person must act: wrong key, wrong host, wrong path, a page that cannot be what it says
Refused          a kind of Fatal: the key is wrong, or may not ask this
AllRejected      a kind of Fatal: there are records, and not one of them can be used
UnusableFile     the same of a file in the data folder
Unwritable       the same of a file that we write
ToBeContinued    nothing: the next run brings more
LookInto         what came is good, but less than usual: a person should see why
NotFound         a kind of Fatal: the provider does not know what was asked for
BeyondPlan       a kind of Fatal: the plan does not reach that far back
SourceSkipped    nothing: there was nothing to do
SourceBenched    a kind of SourceSkipped: it failed too often, and is tried again when its while is over
RecordRejected   this one record only: keep it with its reason and go on
"""

from __future__ import annotations

from typing import Self


class SourceError(Exception):
    """Root of everything that can go wrong between a source and us.

    `body` is what the provider answered, kept for the reject that records it.
    """

    remedy = "see the message"

    def __init__(self, message: str, *, source: str = "", body: bytes = b"") -> None:
        super().__init__(message)
        self.source = source
        self.body = body
        self.was_asked = True

    def __str__(self) -> str:
        return f"{self.source}: {self.args[0]}" if self.source else str(self.args[0])

    def at(self, source: str) -> Self:
        """Say at which source this happened."""
        self.source = source
        return self

    def unasked(self) -> Self:
        """Say that nobody was asked: there is no answer that could be kept."""
        self.was_asked = False
        return self


class RetryNow(SourceError):  # noqa: N818 - named by remedy, as the module says
    """A passing fault: the same request may succeed in a moment."""

    remedy = "retried with backoff; the next scheduled run tries again"


class RetryLater(SourceError):  # noqa: N818
    """The provider asks for a pause of `seconds`."""

    remedy = "waits as long as the provider asked, or until the next scheduled run"

    def __init__(self, message: str, *, seconds: float, source: str = "", body: bytes = b"") -> None:
        super().__init__(message, source=source, body=body)
        self.seconds = seconds


class BudgetExhausted(SourceError):  # noqa: N818
    """The month has no calls or credits left for this."""

    remedy = (
        "nothing is asked of this source until its plan's period ends; raise the plan or slow the schedule"
    )


class Fatal(SourceError):  # noqa: N818
    """Trying again cannot help: a person must change something."""

    remedy = "check the source's key, plan and base URL"


class Refused(Fatal):
    """The provider does not let us in. It is left alone until a person did something, or for the longest while."""


class AllRejected(Fatal):
    """Not one record could be used."""

    remedy = "see `rejects` for why: the provider changed what it sends, or a clock is wrong"


class UnusableFile(Fatal):
    """A file that is not what it says."""

    remedy = "put the file right, or its entry in sources.toml; what was loaded of it stays"


class Unwritable(Fatal):
    """A file of ours that cannot be written: no fault of a source."""

    remedy = "make room, or set DATA_DIR"


class ToBeContinued(SourceError):  # noqa: N818
    """More than one run can bring in."""

    remedy = "none needed: the next run goes on from there"


class LookInto(SourceError):  # noqa: N818
    """What came is used all the same."""

    remedy = "see at the source what is missing: what came is used, the rest grows stale, nothing is retired"


class NotFound(Fatal):
    """The provider does not know what was asked for."""

    remedy = "none, if the provider dropped the coin; else check the source's base URL"


class BeyondPlan(Fatal):
    """The plan shows no prices of so long ago."""

    remedy = "ask for less, or raise the plan"


class SourceSkipped(SourceError):  # noqa: N818
    """Nothing to do for this source now, for a reason that is nobody's fault."""

    remedy = "none needed"


class SourceBenched(SourceSkipped):
    """Left alone by runs that nobody asked for it by name."""

    remedy = "none needed: the first scheduled run after that tries again; at once: `python -m flows run etl --source {}`"

    def __init__(self, message: str, *, source: str) -> None:
        super().__init__(message, source=source)
        self.remedy = type(self).remedy.format(source)


class RecordRejected(Exception):  # noqa: N818
    """This record cannot be used. `reason` is a short code, the message says what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
