"""What the environment says about the database and the state folder."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.outcomes import Upstream

SECRET = re.compile("KEY|AUTH|PASSWORD")
"""What is in the name of a variable whose value nobody should read on a screen."""


class DatabaseSettings(BaseSettings):
    """Where the vault is. Built in the front doors and passed down, never at import."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    database_url: str | None = Field(
        None,
        description="A PostgreSQL 15+ URL (postgresql://user:password@host/name). "
        "Unset: a private PostgreSQL in the state folder.",
    )
    database_pool_size: int = Field(10, ge=1, le=200, description="Connections kept open by one process.")
    database_statement_timeout_seconds: int = Field(
        30, ge=1, le=3600, description="Postgres gives up on one statement after this long."
    )
    kasparro_home: Path = Field(
        Path(".kasparro"), description="State folder: private database, Prefect's state, caches, logs."
    )
    upstream: Upstream = Field(
        Upstream.SANDBOX,
        description="SANDBOX (simulated providers) or LIVE (the real ones). "
        "A database that has seen one refuses the other.",
    )

    live: bool = Field(default=False, description="Short for UPSTREAM=LIVE, as in `make run LIVE=1`.")

    @field_validator("kasparro_home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().resolve()

    @model_validator(mode="after")
    def _live_is_upstream(self) -> Self:
        if self.live:
            self.upstream = Upstream.LIVE
        return self

    @property
    def database_name(self) -> str:
        """The database inside the private PostgreSQL: simulated and real prices never share one."""
        return f"kasparro_{self.upstream.lower()}"


class LogFormat(StrEnum):
    """How a line of a log is spelt."""

    TEXT = "text"
    JSON = "json"


class LogSettings(BaseSettings):
    """How every process writes its log. Built in the front doors and passed down, never at import."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    env: str = Field("dev", description="dev or prod.")
    log_format: LogFormat | None = Field(
        None,
        description="How logs are written: text for people, or json. Unset: json with ENV=prod, else text.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="What is logged: DEBUG, INFO, WARNING or ERROR, and what is worse."
    )

    @property
    def writes_json(self) -> bool:
        """Whether each line is JSON."""
        unless_told = LogFormat.JSON if self.env == "prod" else LogFormat.TEXT
        return (self.log_format or unless_told) is LogFormat.JSON


def told(error: ValidationError) -> str:
    """Say what is wrong with the settings, a line for each variable: its name, what it holds and what is expected.

    What a secret holds is left out.
    """
    return "\n".join(_line(one) for one in error.errors())


def _line(one: ErrorDetails) -> str:
    name = "_".join(str(part) for part in one["loc"]).upper() or "settings"
    return f"{name}: {one['msg']}" + ("" if SECRET.search(name) else f" (got {one['input']!r})")
