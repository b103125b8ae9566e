"""What a run must make of each fault of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from flows.errors import AllRejected, BudgetExhausted, Fatal, RetryNow, SourceError
from models.outcomes import RunOutcome
from tests.fixtures.bad_answers import BAD_ANSWERS, CAP, GECKO, PAPRIKA

IDENTITY = "/coingecko/api/v3/coins/list"

HALF_WAY = frozenset({"key_revoked", "truncated"})
"""What befalls the second page, when the first has landed."""


@dataclass(frozen=True, slots=True)
class Expected:
    """How a run ends that meets a fault."""

    name: str
    path: str = GECKO
    outcome: RunOutcome = RunOutcome.SUCCESS
    remedy: str | None = None
    told: str = ""
    """A part of the sentence that the run ends with; "" where it ends with none."""
    reasons: set[str] = field(default_factory=set)
    """Why records and pages were rejected."""
    kept: str | None = None
    """The page that its reject keeps, where that is known."""
    seconds: float = 2.5
    """How long the fault takes, where it takes time."""
    lies: bool = False
    """Whether it tells prices that nothing gives away as wrong."""

    @property
    def from_request(self) -> int:
        """Say which request it befalls first."""
        return 2 if self.name in HALF_WAY else 1

    @property
    def source(self) -> str:
        """Whose answers it spoils."""
        return self.path.split("/")[1]


def _spoils(name: str, remedy: type[SourceError], told: str, path: str = PAPRIKA) -> Expected:
    """Expect a page that cannot be used, and so a run that fails, or waits for the month's end."""
    outcome = RunOutcome.SKIPPED if remedy is BudgetExhausted else RunOutcome.FAILED
    return Expected(name, path, outcome, remedy.remedy, told, {remedy.__name__})


OF_ANSWERS = [
    replace(_spoils(one.name, one.remedy, one.told, one.path), kept=one.kept) for one in BAD_ANSWERS
]
OF_THE_WAY = [
    _spoils("latency", RetryNow, "ReadTimeout"),
    _spoils("reset", RetryNow, "ReadError"),
    replace(_spoils("drip", RetryNow, "no whole answer within"), seconds=0.05),
    _spoils("truncated", RetryNow, "without sending complete message body", GECKO),
    _spoils("wrong_length", RetryNow, "did not answer with readable JSON"),
    _spoils("gzip_garbage", RetryNow, "says it is gzip and is not"),
    _spoils("gzip_cut", RetryNow, "whose gzip ends in the middle"),
    _spoils("unasked_encoding", RetryNow, "packed as 'br', which was not asked for", CAP),
    _spoils("bomb", Fatal, "unpacks to more than 100 times its size"),
    _spoils("huge_page", Fatal, "answered with more than 104,857,600 bytes"),
]
OF_DATA = [
    Expected("duplicate_ids"),
    Expected("page_shift"),
    Expected("renamed_ids", PAPRIKA),
    Expected("empty_list", GECKO, RunOutcome.FAILED, Fatal.remedy, "0 records where about 250 are usual"),
    Expected("half_gone", PAPRIKA),
    Expected("texts_for_rows", reasons={"malformed"}),
    _spoils("nan_prices", RetryNow, "NaN is not JSON"),
    Expected("nulls", reasons={"no_price"}),
    Expected("empty_texts", PAPRIKA, reasons={"no_price"}),
    Expected("absent_fields", CAP, reasons={"no_price"}),
    Expected("odd_numbers", lies=True),
    Expected("odd_addresses", IDENTITY, reasons={"malformed_address"}),
    Expected("no_dollars", PAPRIKA, reasons={"no_price"}),
    Expected("price_x100", lies=True),
    Expected("unknown_field", PAPRIKA),
    _spoils("deep_nesting", Fatal, "nested too deep to read"),
    Expected("stale"),
    Expected("clock_ahead", PAPRIKA),
    Expected(
        "clock_far_ahead",
        outcome=RunOutcome.FAILED,
        remedy=AllRejected.remedy,
        told="records were rejected, and not one has a price",
        reasons={"future_time"},
    ),
]
EXPECTED = {one.name: one for one in (*OF_ANSWERS, *OF_THE_WAY, *OF_DATA)}
