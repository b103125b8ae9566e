"""What the environment says about the window."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from limits import RateLimitItem, parse_many
from pydantic import Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from graphql_api.keys import Keys, NamedKeys


class Environment(StrEnum):
    """Where this runs: on a developer's machine, or open to others."""

    DEV = "dev"
    PROD = "prod"


class ApiSettings(BaseSettings):
    """The window's own settings. Built in the front doors and passed down, never at import."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    env: Environment = Field(
        Environment.DEV,
        description="dev or prod. In prod keys are needed, hosts are checked, pages and introspection are off.",
    )
    api_host: str = Field("127.0.0.1", description="Address the API listens on.")
    api_port: int = Field(8000, ge=1, le=65535, description="Port the API listens on.")
    forwarded_allow_ips: str = Field(
        "127.0.0.1",
        description="Addresses, separated by commas, of the proxies whose word on a client's address counts.",
    )
    database_read_url: str | None = Field(
        None,
        repr=False,
        description="A PostgreSQL URL for reading alone, whose account is a member of kasparro_reader at most. "
        "Unset: DATABASE_URL, in the role kasparro_reader where the migrations could make it.",
    )
    stale_after_seconds: int = Field(
        7200, ge=1, description="A price or quote older than this is shown as stale."
    )
    prefect_port: int = Field(4200, ge=1, le=65535, description="Port of the Prefect server and its UI.")
    prefect_api_url: str | None = Field(
        None,
        description="API of the Prefect server that workers and manual runs use. "
        "Unset: the one on this machine's PREFECT_PORT.",
    )
    prefect_api_auth_string: str | None = Field(
        None,
        repr=False,
        pattern="^$|.+:.+",
        description="`name:password` that the Prefect server asks for. Unset: it asks for none.",
    )
    run_wait_seconds: int = Field(
        120, ge=1, le=3600, description="How long a request that waits for a run waits at most."
    )
    api_keys: NamedKeys = Field(
        Keys(),
        repr=False,
        description="Keys that may read, as `name:key` separated by commas (header x-api-key). "
        "Unset in dev: anybody may.",
    )
    admin_keys: NamedKeys = Field(
        Keys(),
        repr=False,
        description="Keys that may do everything, start runs and decide links under their name: `name:key` "
        "separated by commas; one without a name is `admin`. Unset in dev: requests from this machine only.",
    )
    metrics_keys: NamedKeys = Field(
        Keys(),
        repr=False,
        description="Keys that may read /metrics and nothing else, as `name:key` separated by commas "
        "(`authorization: Bearer KEY`, or x-api-key). Unset: ADMIN_KEYS may; with neither, in dev, this machine only.",
    )
    public_read: bool = Field(
        default=False,
        description="Whether anybody may read without a key, also in prod and with API_KEYS set.",
    )
    docs_enabled: bool = Field(
        default=False,
        description="Whether GraphiQL, /docs and introspection are there in prod too; in dev they always are.",
    )
    access_log: bool = Field(
        default=False,
        description="Whether every request is logged. Those that ended in 500 or took longer than 1 s always are.",
    )
    cache_seconds: int = Field(
        0,
        ge=0,
        le=3600,
        description="How long caches may keep an answer to GET unasked. 0: they ask each time, by ETag.",
    )
    allowed_hosts: str = Field(
        "",
        description="Names, separated by commas, that this API answers to (Host header), like `api.example.org` or "
        "`*.example.org`. Unset in dev: any. This machine's own names always count.",
    )
    cors_origins: str = Field(
        "",
        description="Origins, separated by commas, whose pages may ask, like `https://example.org`. Unset: none.",
    )
    rate_limit: str | None = Field(
        None,
        description="Requests of one key, or one address without a key, like `600/minute` or `20/second;600/minute`. "
        "Unset: 600/minute in prod, any number in dev. Empty: any number.",
    )
    query_cost_limit: int = Field(
        100_000,
        ge=1,
        description="What a GraphQL request may cost: one for each field of each row that may be asked of.",
    )
    body_limit_bytes: int = Field(1_000_000, ge=1, description="How large a request's body may be.")
    batch_limit: int = Field(10, ge=1, le=100, description="Operations in one GraphQL batch at most.")
    persisted_queries: int = Field(
        1000, ge=0, description="GraphQL documents kept by their hash (automatic persisted queries). 0: none."
    )

    response_cache_mb: int = Field(
        32,
        ge=0,
        le=10_000,
        description="Megabytes of whole answers that one process keeps. 0: none are kept.",
    )
    response_cache_seconds: int = Field(
        10,
        ge=0,
        le=3600,
        description="How long an answer is kept at most. What a publication changes is never answered from before it; "
        "what ages by itself, like `stale`, lags behind by so much.",
    )
    database_read_connections: int = Field(
        4, ge=1, le=100, description="Connections of one process for queries that one statement answers."
    )
    web_concurrency: int = Field(
        1, ge=1, le=64, description="Processes that answer; they share nothing but the database."
    )

    subscription_connections: int = Field(
        1000, ge=0, description="WebSockets and event streams open at once in one process at most."
    )
    subscription_connections_each: int = Field(
        100, ge=1, description="How many of them one key, or one address without a key, may have."
    )
    subscriptions_per_connection: int = Field(
        20, ge=1, le=1000, description="Operations at once on one WebSocket at most."
    )

    @field_validator("rate_limit")
    @classmethod
    def _is_a_rate(cls, rate: str | None) -> str | None:
        if rate:
            parse_many(rate)
        return rate

    @field_validator("public_read")
    @classmethod
    def _prod_has_keys(cls, public_read: bool, info: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic passes it so
        known = info.data
        has_keys = known.get("api_keys") or known.get("admin_keys")
        if known.get("env") is Environment.PROD and not (public_read or has_keys):
            raise ValueError(
                "with ENV=prod nobody could read: set API_KEYS (or ADMIN_KEYS), or PUBLIC_READ=true to let anybody"
            )
        return public_read

    @property
    def reads_openly(self) -> bool:
        """Whether reading needs no key."""
        return self.public_read or (self.env is Environment.DEV and not self.api_keys)

    @property
    def shows_docs(self) -> bool:
        """Whether the pages for people and introspection are on."""
        return self.docs_enabled or self.env is Environment.DEV

    @property
    def pace(self) -> list[RateLimitItem]:
        """How many requests one caller may send."""
        unless_told = "600/minute" if self.env is Environment.PROD else ""
        rate = unless_told if self.rate_limit is None else self.rate_limit
        return parse_many(rate) if rate else []

    @property
    def hosts(self) -> list[str]:
        """The names this API answers to; `*` is any."""
        if self.env is Environment.DEV and not self.allowed_hosts:
            return ["*"]
        return [*_listed(self.allowed_hosts), "127.0.0.1", "localhost", "[::1]"]

    @property
    def origins(self) -> list[str]:
        """The origins whose pages may ask."""
        return _listed(self.cors_origins)

    @property
    def prefect_api(self) -> str:
        """The API of the Prefect server that manual runs are handed to."""
        return self.prefect_api_url or f"http://127.0.0.1:{self.prefect_port}/api"

    @property
    def prefect_auth(self) -> tuple[str, str] | None:
        """Name and password for the Prefect server, if it asks for them."""
        name, _, password = (self.prefect_api_auth_string or "").partition(":")
        return (name, password) if name else None

    @property
    def stale_after(self) -> timedelta:
        """How old something may be before it is stale."""
        return timedelta(seconds=self.stale_after_seconds)


def _listed(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]
