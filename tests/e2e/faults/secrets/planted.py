"""Prefect's processes and the API over a world, given every secret there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.e2e.conftest import free_port
from tests.e2e.faults.whole import Whole
from tests.e2e.faults.wire import Wire
from tests.e2e.faults.world import DATABASE, World

PROVIDERS = {"COINGECKO": "coingecko/api/v3", "COINPAPRIKA": "coinpaprika/v1", "COINCAP": "coincap/v3"}
SECRETS = {
    name: f"planted{name.lower().replace('_', '')}0123456789"
    for name in (
        *(f"{provider}_API_KEY" for provider in PROVIDERS),
        "DATABASE_PASSWORD",
        "PREFECT_PASSWORD",
        "API_KEY",
        "ADMIN_KEY",
        "NOTIFY_PASSWORD",
        "NOTIFY_TOKEN",
        "SLACK_TOKEN",
    )
}


class Planted(Whole):
    """The processes with their secrets. What would leave this machine is refused on it."""

    def __init__(self, world: World) -> None:
        super().__init__(world.folder / "planted", world.told, Wire(world.postgres.socket))
        self.prefect_auth = ("ann", SECRETS["PREFECT_PASSWORD"])
        self.providers = f"http://127.0.0.1:{world.to_upstream.port}"
        self.dsn = f"postgresql://postgres:{SECRETS['DATABASE_PASSWORD']}@127.0.0.1:{world.to_postgres.port}/{DATABASE}"
        self.nowhere = free_port()

    @property
    def environment(self) -> dict[str, str]:
        """What every process is started with."""
        auth = ":".join(self.prefect_auth or ())
        bob = f"bob:{SECRETS['NOTIFY_PASSWORD']}@127.0.0.1:{self.nowhere}"
        planted = {
            "DATABASE_URL": self.dsn,
            "PREFECT_API_AUTH_STRING": auth,
            "PREFECT_SERVER_API_AUTH_STRING": auth,
            "API_KEYS": f"reader:{SECRETS['API_KEY']}",
            "ADMIN_KEYS": f"ann:{SECRETS['ADMIN_KEY']}",
            "PUBLIC_READ": "true",
            "NOTIFY_URLS": f"json://{bob}/{SECRETS['NOTIFY_TOKEN']}",
            "SLACK_WEBHOOK_URL": f"https://hooks.slack.com/services/T00000000/B00000000/{SECRETS['SLACK_TOKEN']}",
            "HTTPS_PROXY": f"http://127.0.0.1:{self.nowhere}",
            "NO_PROXY": "127.0.0.1",
            "RETRY_ATTEMPTS": "1",
        }
        for name, path in PROVIDERS.items():
            planted[f"{name}_API_KEY"] = SECRETS[f"{name}_API_KEY"]
            planted[f"{name}_BASE_URL"] = f"{self.providers}/{path}"
            planted[f"{name}_REQUESTS_PER_MINUTE"] = "10000"
            planted[f"{name}_MONTHLY_BUDGET"] = "0"
        return super().environment | planted

    def ask(self, text: str, key: str | None = "ADMIN_KEY") -> dict[str, Any]:
        """Ask GraphQL with one of the keys, or none; whatever comes."""
        headers = {"x-api-key": SECRETS[key]} if key else {}
        answer = httpx.post(f"{self.api_url}/graphql", json={"query": text}, headers=headers, timeout=60)
        said: dict[str, Any] = answer.json()
        return said

    def told(self, *command: str, **environment: str) -> str:
        """Run a command beside it; returns all that it said."""
        done = self.run(*command, **environment)
        return done.stdout + done.stderr


@contextmanager
def planted(world: World) -> Iterator[Planted]:
    """Start them for the length of the block."""
    whole = Planted(world)
    try:
        whole.open_all()
        yield whole
    finally:
        whole.close_all()
