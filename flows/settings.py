"""What the environment says about the workshop: schedules, files, and one block per source."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What the environment says about one source: `<NAME>_API_KEY`, `<NAME>_BASE_URL` and so on."""

    name: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    plan: str | None = None
    top_n: int = 250
    data_dir: Path = Path("data")


class FlowSettings(BaseSettings):
    """The workshop's own settings. Built in the front doors and passed down, never at import."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    data_dir: Path = Field(Path("data"), description="Folder of the CSV sources and of `sources.toml`.")
