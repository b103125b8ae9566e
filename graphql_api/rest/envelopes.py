"""What REST answers wrap the shapes in. The types are what `/openapi.json` says of the answers."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from graphql_api.rest.shapes import Budget, Checkpoint, Moment, Observation, RawRecord, Run, Standing, Unified


class Pagination(TypedDict):
    """Where a page stands among all rows, in every dialect."""

    page: int
    page_size: int
    limit: int
    offset: int
    total: int
    total_pages: int


class Meta(TypedDict):
    """What is of this request alone."""

    request_id: str
    api_latency_ms: float
    stale_seconds: NotRequired[int]
    """How old the answer is, where the database is away and the last one stands in."""


class ObservationPage(TypedDict):
    """A page of what sources say."""

    data: list[Observation]
    pagination: Pagination
    meta: Meta


class RawPage(TypedDict):
    """A page of payloads as received."""

    data: list[RawRecord]
    pagination: Pagination
    meta: Meta


class Count(TypedDict):
    """How many there are."""

    count: int


class AssetWithSources(Unified):
    """An asset, with what each source says of it."""

    sources: list[Observation]


class LastRun(TypedDict):
    """The run that published last."""

    timestamp: Moment | None
    status: str
    records_processed: int


class TroubledSource(Standing):
    """A source that somebody should know of."""

    source: str


class Health(TypedDict):
    """How the whole is."""

    status: str
    database_connected: bool
    reason: str | None
    degraded: list[TroubledSource]
    last_etl_run: LastRun | None
    dataset_version: int | None
    upstream: str | None
    published_at: Moment | None


class Alive(TypedDict):
    """That this process lives."""

    status: str


class SourceSummary(TypedDict):
    """A source in one line."""

    source: str
    total_records: int
    last_run: Moment | None
    last_success: Moment | None
    status: str | None
    state: str
    next_try: Moment | None
    reason: str | None
    total_runs: int
    budget: Budget | None


class Stats(TypedDict):
    """The newest runs, and a line for each source."""

    runs: list[Run]
    stats: list[SourceSummary]


class Checkpoints(TypedDict):
    """How far each feed got."""

    checkpoints: list[Checkpoint]


class SourceState(Standing):
    """A source, how it stands and what it amounts to."""

    name: str
    title: str
    status: str | None
    last_run: Run | None
    last_success: Moment | None
    listings: int
    quotes: int
    rejects: int
    held: int
    total_runs: int
    drift_fields: list[str]
    budget: Budget | None


class Sources(TypedDict):
    """Every source."""

    sources: list[SourceState]


class TableSize(TypedDict):
    """A table, how many rows Postgres believes it has, and what it takes on disk with its indexes."""

    name: str
    rows: int
    bytes: int


class Counted(TypedDict):
    """What this process counted since it began."""

    cache_hits: int
    cache_misses: int
    cache_joined: int
    cache_bypasses: int
    cache_stand_ins: int
    cache_answers: int
    cache_bytes: int
    cache_is_usable: bool
    planned: int
    fallbacks: dict[str, int]
    read_connections: int


class Debug(TypedDict):
    """What one looks at first when something is odd. No keys and no addresses of other services."""

    version: str
    python: str
    env: str
    process_id: int
    uptime_seconds: float
    memory_mb: float | None
    server: str
    database_role: str
    database_bytes: int
    database_connections: int
    tables: list[TableSize]
    dataset_version: int
    upstream: str | None
    counters: Counted


class StartedRun(TypedDict):
    """A run that was handed to Prefect. `reason` is what Prefect says of its state."""

    status: str
    reason: str | None
    source: str
    prefect_run_id: str
    name: str


class EndedRun(StartedRun):
    """A run that was handed to Prefect, and what it did so far; null: it has not begun."""

    run: Run | None


class Problem(TypedDict):
    """What is wrong, and what to do."""

    detail: str
    code: str
    request_id: str
