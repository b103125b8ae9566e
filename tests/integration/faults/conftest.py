"""One database and one sandbox for all faults, and what the sandbox's providers truly say."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from flows.engine import SourceReport, ingest_source
from flows.market_csv import RefreshReport, refresh_csv
from flows.sandbox.settings import SandboxSettings
from flows.settings import FlowSettings
from flows.workshop import Workshop, open_workshop
from models.queries.runs import USUAL_FROM
from tests.conftest import fresh_database
from tests.fixtures.bad_answers import CAP, GECKO, PAPRIKA
from tests.integration.faults.expected import EXPECTED, Expected
from tests.integration.flows.conftest import Sandbox, sandbox_of
from tests.integration.flows.tables import rows

Prices = dict[str, Decimal]
STEP = timedelta(minutes=1)
"""How far time goes from fault to fault: every provider has new prices by then."""
COINS = 300
"""More than a page of CoinGecko's."""


@dataclass(slots=True)
class World:
    """A workshop, the sandbox it asks, and the time there."""

    shop: Workshop
    sandbox: Sandbox
    at: datetime

    def pass_time(self) -> None:
        """Let the providers have new prices."""
        self.move(self.at + STEP)

    def move(self, at: datetime) -> None:
        """Set the providers' clock."""
        self.at = at
        self.sandbox.move(at.isoformat())

    def befall(self, expected: Expected) -> None:
        """Switch a fault on until it is switched off."""
        order = {
            "path_prefix": expected.path,
            "fault": expected.name,
            "from_request": expected.from_request,
            "times": 0,
            "seconds": expected.seconds,
        }
        self.sandbox.control.post("/_sandbox/faults", json={"faults": [order]}).raise_for_status()

    def mend(self) -> None:
        """Switch all faults off."""
        self.sandbox.control.delete("/_sandbox/faults").raise_for_status()

    async def run(self, source: str) -> SourceReport | RefreshReport:
        """Bring a source in; CoinCap through its file."""
        if source == "coincap":
            refreshed = await refresh_csv(self.shop)
            if refreshed.error:
                return refreshed
        return await ingest_source(self.shop, source)

    async def landed(self, source: str) -> Prices:
        """Read the prices that have landed, by the source's ids."""
        query = (
            "SELECT l.source_id, q.price_usd FROM landed_quotes q JOIN listings l ON l.id = q.listing_id"
            " WHERE l.source = :source"
        )
        return dict(await rows(self.shop.sessions, query, source=source))

    def truth(self, source: str) -> Prices:
        """Ask the sandbox itself what a source's coins cost now."""
        return dict(_PRICED[source](self.sandbox))


def _gecko(sandbox: Sandbox) -> Iterator[tuple[str, Decimal]]:
    query = {"vs_currency": "usd", "per_page": "250", "precision": "full"}
    for page in ("1", "2"):
        listed = sandbox.control.get(GECKO, params={**query, "page": page}).json(parse_float=Decimal)
        yield from (
            (row["id"], Decimal(row["current_price"]))
            for row in listed[: COINS if page == "1" else COINS - 250]
        )


def _paprika(sandbox: Sandbox) -> Iterator[tuple[str, Decimal]]:
    listed = sandbox.control.get(PAPRIKA).json(parse_float=Decimal)
    return ((row["id"], Decimal(row["quotes"]["USD"]["price"])) for row in listed)


def _cap(sandbox: Sandbox) -> Iterator[tuple[str, Decimal]]:
    listed: list[dict[str, Any]] = sandbox.control.get(
        CAP, params={"limit": COINS}, headers={"authorization": "Bearer key"}
    ).json()["data"]
    return ((row["id"], Decimal(repr(float(row["priceUsd"])))) for row in listed if row["priceUsd"])


_PRICED = {"coingecko": _gecko, "coinpaprika": _paprika, "coincap": _cap}


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    """A sandbox whose market is just large enough for every feed's usual volume."""
    with sandbox_of(SandboxSettings(size=1_100, speed=0)) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
async def world(
    postgres_url: str,
    template_database: str,
    running_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[World]:
    """A world in which every source has been brought in so often that it is known what is usual."""
    folder: Path = tmp_path_factory.mktemp("faults")
    with pytest.MonkeyPatch.context() as patch, fresh_database(postgres_url, template_database) as url:
        patch.chdir(folder)  # away from any .env
        for name in ("COINGECKO", "COINPAPRIKA", "COINCAP"):
            for part in ("API_KEY", "PLAN", "BASE_URL"):
                patch.delenv(f"{name}_{part}", raising=False)
            patch.setenv(f"{name}_TOP_N", str(COINS))
        settings = FlowSettings(
            database_url=url,  # type: ignore[arg-type]
            data_dir=folder,
            sandbox_url=running_sandbox.url,
            retry_attempts=1,
            retry_patience_seconds=5,
            read_timeout_seconds=2,
            answer_timeout_seconds=4,
            first_publication_waits_seconds=0,
        )
        async with open_workshop(settings) as shop:
            began = World(shop, running_sandbox, datetime.now(UTC) - STEP * (len(EXPECTED) + 15))
            for _ in range(USUAL_FROM[0]):
                began.pass_time()
                for source in ("coingecko", "coinpaprika", "coincap"):
                    report = await began.run(source)
                    assert report.error is None
            yield began
