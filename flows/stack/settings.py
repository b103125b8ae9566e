"""What the environment says about the running whole: ports, state folder, schedules."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from models.settings import DatabaseSettings


class StackSettings(DatabaseSettings):
    """The supervisor's settings, and what its Prefect duties need. Built in the front doors and passed down."""

    api_port: int = Field(8000, ge=1, le=65535, description="Port of the GraphQL and REST API.")
    prefect_port: int = Field(4200, ge=1, le=65535, description="Port of the Prefect server and its UI.")
    sandbox_port: int = Field(8900, ge=1, le=65535, description="Port of the simulated providers.")
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
    etl_interval_seconds: int = Field(1320, ge=60, description="Seconds between two scheduled `etl` runs.")
    csv_update_interval_seconds: int = Field(
        1200, ge=60, description="Seconds between two scheduled `refresh-csv` runs."
    )
    etl_enabled: bool = Field(
        default=True, description="Whether the schedules run. Manual runs work either way."
    )

    @property
    def prefect_url(self) -> str:
        """The Prefect server's address as a browser wants it."""
        return self.prefect_api.removesuffix("/api")

    @property
    def prefect_api(self) -> str:
        """The Prefect server's API."""
        return (self.prefect_api_url or f"http://127.0.0.1:{self.prefect_port}/api").rstrip("/")

    @property
    def prefect_auth(self) -> tuple[str, str] | None:
        """Name and password for the Prefect server, if it asks for them."""
        name, _, password = (self.prefect_api_auth_string or "").partition(":")
        return (name, password) if name else None

    @property
    def api_url(self) -> str:
        """The GraphQL and REST API's address on this machine."""
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def sandbox_url(self) -> str:
        """The simulated providers' address on this machine."""
        return f"http://127.0.0.1:{self.sandbox_port}"


def project_folder() -> Path:
    """Find the folder of prefect.yaml: the working folder, else the checkout this file is in."""
    here = Path.cwd()
    return here if (here / "prefect.yaml").exists() else Path(__file__).resolve().parents[2]
