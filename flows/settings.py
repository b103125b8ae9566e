"""What the environment says about the workshop: files, patience, and one block for each source."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from pydantic import Field, SecretStr

from models.outcomes import Upstream
from models.settings import DatabaseSettings

USUAL_TOP_N = 250


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What the environment says about one source, each in a variable that begins with its name: `<NAME>_API_KEY`."""

    name: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    plan: str | None = None
    requests_per_minute: int | None = None
    """None: the plan's."""
    monthly_budget: int | None = None
    """Calls or credits; None: the plan's, 0: no end."""
    top_n: int = USUAL_TOP_N
    upstream: Upstream = Upstream.LIVE
    """Whose prices this run may read."""


class FlowSettings(DatabaseSettings):
    """The database's settings and the workshop's own. Built in the front doors and passed down, never at import."""

    data_dir: Path = Field(Path("data"), description="Folder of the CSV sources and of `sources.toml`.")
    sandbox_url: str = Field("http://127.0.0.1:8900", description="Where the sandbox providers listen.")
    connect_timeout_seconds: float = Field(
        10, gt=0, le=120, description="Patience with connecting to a provider."
    )
    read_timeout_seconds: float = Field(30, gt=0, le=600, description="Patience with each part of an answer.")
    answer_timeout_seconds: float = Field(
        120, gt=0, le=3600, description="Patience with a whole answer, however steadily its parts come."
    )
    retry_attempts: int = Field(
        3, ge=1, le=10, description="Attempts at one page before the run gives up on it."
    )
    retry_patience_seconds: float = Field(
        60,
        ge=0,
        le=600,
        description="The longest pause asked by a provider that is waited for; beyond it the run is given back.",
    )
    etl_interval_seconds: int = Field(1320, ge=60, description="Seconds between two scheduled `etl` runs.")
    csv_update_interval_seconds: int = Field(
        1200, ge=60, description="Seconds between two scheduled `refresh-csv` runs."
    )
    bench_after_failures: int = Field(
        3,
        ge=0,
        description="A source that fails so often in a row is left alone by scheduled runs for a while. 0: never.",
    )
    bench_seconds: int | None = Field(
        None,
        ge=1,
        description="The first such while, twice as long with each failure more. Unset: one interval of its schedule.",
    )
    bench_longest_seconds: int = Field(
        21_600, ge=1, description="The longest such while; also where a source refuses the key."
    )
    fresh_for_seconds: int = Field(
        7200, ge=60, description="A quote older than this takes no part in a unified price."
    )
    first_publication_waits_seconds: int = Field(
        3600,
        ge=0,
        description="How long the first publication of all, which names coins for good, waits for a provider that was "
        "not heard yet, from when another was. 0: not at all.",
    )
    alert_min_confidence: float = Field(
        0.4, ge=0, le=1, description="Price alerts look past a unified price less confident than this."
    )
    raw_records_keep_days: int = Field(
        7,
        ge=0,
        description="Days that payloads are kept, about 190 MB each; the newest of every record always is. "
        "0: for ever.",
    )
    rejects_keep_days: int = Field(30, ge=0, description="Days that rejected records are kept. 0: for ever.")
    runs_keep_days: int = Field(
        90,
        ge=0,
        description="Days that runs are kept, if nothing else that is kept tells of them. 0: for ever.",
    )
    fx_rates_keep_days: int = Field(
        0, ge=0, description="Days that currency rates are kept; the newest always are. 0: for ever."
    )
    price_points_keep_months: int = Field(
        0,
        ge=0,
        description="Whole months of price points kept besides the current one, about 0.75 GB each; candles of hours "
        "and days stay. 0: for ever.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        pattern="^https?://",
        description="Where people find the API's dashboard: runs and notices link to it.",
    )
    notify_urls: SecretStr = Field(
        SecretStr(""),
        description="Where alerts and failures are sent: Apprise URLs separated by commas, like `mailto://...`, "
        "`slack://...` or `json://...`, each with a name before it or none: `ops=slack://...`. Alerts may `notify` some "
        "by name. Unset: they are only kept and shown.",
    )
    slack_webhook_url: SecretStr = Field(
        SecretStr(""),
        description="A Slack webhook they are sent to as well: https://hooks.slack.com/services/...",
    )


LARGEST = 1_000_000_000
"""No number of a source's block is larger."""

_OLDER_NAMES = {"COINGECKO_API_KEY": "CGEKO_KEY"}
"""The older services' name of a variable, used where today's is not set."""


def environment(env_file: Path = Path(".env")) -> dict[str, str]:
    """Return the process's environment over what `.env` says: the variables that Settings classes read too."""
    written = {name: value for name, value in dotenv_values(env_file).items() if value is not None}
    return written | os.environ


def source_settings(name: str, env: Mapping[str, str]) -> SourceSettings:
    """Read one source's block. Raises ValueError, with the variable's name, where a value cannot be used."""
    prefix = name.upper().replace("-", "_")

    def read(part: str) -> str | None:
        variable = f"{prefix}_{part}"
        return env.get(variable) or env.get(_OLDER_NAMES.get(variable, "")) or None

    def number(part: str, least: int) -> int | None:
        said = read(part)
        if said is not None and not (said.isdecimal() and least <= int(said) <= LARGEST):
            raise ValueError(
                f"{prefix}_{part} must be a whole number from {least} to {LARGEST:,}, got {said!r}"
            )
        return None if said is None else int(said)

    return SourceSettings(
        name,
        base_url=read("BASE_URL"),
        api_key=read("API_KEY"),
        plan=read("PLAN"),
        requests_per_minute=number("REQUESTS_PER_MINUTE", 1),
        monthly_budget=number("MONTHLY_BUDGET", 0),
        top_n=number("TOP_N", 1) or USUAL_TOP_N,
    )
