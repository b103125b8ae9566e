"""What the environment says about the window."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import Field
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
        description="dev or prod. In prod only a key of ADMIN_KEYS may start runs.",
    )
    api_host: str = Field("127.0.0.1", description="Address the API listens on.")
    api_port: int = Field(8000, ge=1, le=65535, description="Port the API listens on.")
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
    public_read: bool = Field(
        default=False,
        description="Whether anybody may read without a key, also in prod and with API_KEYS set.",
    )
    docs_enabled: bool = Field(
        default=False,
        description="Whether GraphiQL, /docs and introspection are there in prod too; in dev they always are.",
    )
    cache_seconds: int = Field(
        0,
        ge=0,
        le=3600,
        description="How long caches may keep an answer to GET unasked. 0: they ask each time, by ETag.",
    )
    batch_limit: int = Field(10, ge=1, le=100, description="Operations in one GraphQL batch at most.")
    persisted_queries: int = Field(
        1000, ge=0, description="GraphQL documents kept by their hash (automatic persisted queries). 0: none."
    )

    @property
    def reads_openly(self) -> bool:
        """Whether reading needs no key."""
        return self.public_read or (self.env is Environment.DEV and not self.api_keys)

    @property
    def shows_docs(self) -> bool:
        """Whether the pages for people and introspection are on."""
        return self.docs_enabled or self.env is Environment.DEV

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
