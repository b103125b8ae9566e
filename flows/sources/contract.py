"""What a source is: read this first, then any file beside it.

A source answers questions and does none of the work. It has no socket, no clock and no database: the engine
fetches, keeps what was received, calls `parse`, stores, and advances the checkpoint. So a source is a table of
plain functions, and testing one takes a recorded page and nothing else.

A provider over the network answers in JSON: a body that is not whole JSON is asked for again before `read_page` sees it.

To add a source: one file here with a `SOURCE`, one line in `__init__.py`, one recorded page in tests/fixtures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flows.days import Days
from flows.settings import SourceSettings
from models.records import FxRate, Listing, PastPrice, Payload, Quote

Record = Listing | Quote | FxRate

QUOTES = "quotes"
"""The name of the feed that every source has."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where requests go and what they carry. The key travels in `headers`, never in a URL."""

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a provider's plan allows. Figures move: `<NAME>_PLAN` chooses one, and they are facts of the sources' files."""

    requests_per_minute: int
    a_month: int | None = None
    """Calls, or credits where a call has a price (`Source.cost`); None: as many as fit into the minutes."""
    daily_history: timedelta | None = None
    """How far back daily prices reach; None: to the beginning."""


SANDBOX = "sandbox"
"""The plan of every provider in the sandbox: its rates, and no monthly end."""


def one_call(_: int) -> int:
    """Price a call whatever its answer's bytes: most plans count calls."""
    return 1


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One page to fetch: a path below the origin, or a file.

    `context` is what later pages and `parse` must know (a chain's CAIP-2 id, pages still to come); it is plain
    JSON data so that a request can be cached and resumed.
    """

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The request's identity: two equal keys are the same page."""
        query = "&".join(f"{name}={value}" for name, value in sorted(self.params.items()))
        return f"{self.path}?{query}" if query else self.path


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page as it arrived: its bytes, and when."""

    body: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A page as understood: its records, raw, and what to ask for next.

    `rejects` are records that could not even be told apart as such (a malformed CSV line), each with
    (record id or line number, reason, detail).
    """

    records: list[Payload]
    next: PageRequest | None = None
    as_of: datetime | None = None
    """The body's own time, where a source stamps the page and not the record."""
    rejects: tuple[tuple[str, str, str], ...] = ()
    names_all: bool = False
    """True for a list of every contract there is: an address that it leaves out, on a chain it speaks of, is gone."""


@dataclass(frozen=True, slots=True)
class Volume:
    """How many records a full pass is expected to bring. Fewer than `at_least` fails the source's run."""

    at_least: int
    about: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What `parse` may know besides the record: the page it came from."""

    request: PageRequest
    fetched_at: datetime
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Feed:
    """One kind of thing a source tells: prices, identities, exchange rates."""

    first_page: Callable[[SourceSettings], PageRequest]
    read_page: Callable[[bytes, PageRequest], Page]
    """Raises `errors.SourceError` where the body is not what it should be (HTML, an error with status 200)."""
    parse: Callable[[dict[str, Any], Seen], Iterable[Record]]
    """Pops every key it understands: what is left and not `ignored` is drift. Raises `errors.RecordRejected`."""
    record_id: Callable[[Payload], str]
    volume: Volume
    ignored: frozenset[str] = frozenset()
    """Known and left out on purpose, in writing."""
    cached_for: timedelta = timedelta(seconds=60)
    """The provider's own cache time: asking again sooner brings the same bytes."""
    every: timedelta = timedelta(0)
    """How long a full pass stays good: identity lists are asked for once a day."""


@dataclass(frozen=True, slots=True)
class History:
    """How a provider tells a listing's daily prices of the past."""

    request: Callable[[str, Days], PageRequest]
    """The provider's own id of the listing, and which days."""
    read_rows: Callable[[bytes], list[Any]]
    """A row for each point. Raises `errors.SourceError` where the body is not what it should be."""
    parse: Callable[[dict[str, Any], datetime], PastPrice]
    """A row and when it was fetched; pops and raises like a feed's `parse`."""
    longest: int
    """How many days one request may ask for: a year or more."""
    shortest: int = 1
    """Fewer days are answered finer than daily: so many are asked for at least."""
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RatesAsked:
    """How a provider tells what a bitcoin cost in a currency on each day of the past: as `history` tells prices."""

    request: Callable[[str, Days], PageRequest]
    """The currency's code, and which days."""
    history: History


@dataclass(frozen=True, slots=True)
class Source:
    """A provider or a file, as a table of plain functions."""

    name: str
    title: str
    origin: Callable[[SourceSettings], Origin]
    quotes: Feed
    identity: Feed | None = None
    rates: Feed | None = None
    history: History | None = None
    past_rates: RatesAsked | None = None
    plans: Mapping[str, Plan] = field(default_factory=lambda: {"free": Plan(60)})
    """By the name that `<NAME>_PLAN` has, in small letters; the first is the smallest."""
    keyed_plan: str | None = None
    """The smallest plan that has a key, where the smallest has none."""
    counted_over: timedelta = timedelta(minutes=1)
    """The window in which the provider counts requests: a rate of 600 a minute may be one of 10 a second."""
    cost: Callable[[int], int] = one_call
    """Bytes of an answer's body -> what it takes of the plan's month."""
    needs_key: bool = False
    """True for a provider that answers nobody without a key."""
    calls_network: bool = True
    """False for a source that reads a file the project keeps."""
    api: Source | None = None
    """The provider behind such a file, where it can be asked itself."""

    def plan(self, settings: SourceSettings) -> Plan:
        """Return the plan in force: the one named; unnamed, the smallest that goes with having a key or none.

        What the settings say of its rate and its month goes before the plan's own figures. Raises ValueError, with
        the names there are, for a plan that nobody sells.
        """
        smallest = self.keyed_plan if settings.api_key and self.keyed_plan else next(iter(self.plans))
        named = (settings.plan or smallest).lower()
        if named not in self.plans:
            raise ValueError(f"{self.name.upper()}_PLAN is {named!r}; known are {', '.join(self.plans)}")
        plan = self.plans[named]
        return replace(
            plan,
            requests_per_minute=settings.requests_per_minute or plan.requests_per_minute,
            a_month=plan.a_month if settings.monthly_budget is None else settings.monthly_budget or None,
        )

    @property
    def provider(self) -> Source:
        """The source as it is asked over the network."""
        return self.api or self

    @property
    def feeds(self) -> dict[str, Feed]:
        """The feeds by name, quotes first."""
        named = {QUOTES: self.quotes, "identity": self.identity, "rates": self.rates}
        return {name: feed for name, feed in named.items() if feed is not None}
