"""Schemathesis asks whatever the OpenAPI document and the GraphQL schema allow, and what they do not; all checks on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from graphql_api.app import create_app
from graphql_api.settings import ApiSettings
from models.db import Sessions
from models.settings import DatabaseSettings
from tests.factories import NOW, make_asset, make_checkpoint, make_points, make_quoted, make_raw, make_run
from tests.integration.api.prefect_server import free_port
from tests.servers import served

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
ROOT = Path(__file__).parents[3]
KEY = "s3cret"


@pytest.fixture
async def market(sessions: Sessions) -> None:
    """A coin with everything that there can be about it."""
    async with sessions.begin() as session:
        bitcoin = await make_asset(session, "bitcoin", rank=1, price_usd=Decimal("64000.10"))
        listing = await make_quoted(session, bitcoin, "coingecko", "bitcoin", "64000.10", rank=1)
        await make_points(session, listing, [(NOW - timedelta(days=day), "1.5") for day in range(3)])
        run = await make_run(session, "coingecko", prefect_run_id=None)
        await make_raw(session, run, "coingecko", "bitcoin", {"price": 1})
        await make_checkpoint(session, run, "coingecko")


@pytest.fixture
def prefect_with_a_deployment(prefect_url: str) -> str:
    """Prefect, knowing the deployment that runs by hand are of."""
    flow = httpx.post(f"{prefect_url}/flows/", json={"name": "etl"}, timeout=30).json()
    deployment = {"name": "etl", "flow_id": flow["id"]}
    httpx.post(f"{prefect_url}/deployments/", json=deployment, timeout=30).raise_for_status()
    return prefect_url


def _schemathesis(location: str, *options: str, folder: Path, hooks: str = "schemathesis_scalars") -> None:
    command = [
        str(SCHEMATHESIS),
        "run",
        location,
        "--checks=all",
        "--max-examples=10",
        "--seed=1",
        "--no-color",
    ]
    told = {"SCHEMATHESIS_HOOKS": f"tests.integration.api.{hooks}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, *options], cwd=folder, env=os.environ | told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def url(database_url: str, market: None, request: pytest.FixtureRequest) -> Iterator[str]:
    """The application with the settings that a test asks for."""
    del market
    app = create_app(request.param, DatabaseSettings(database_url=database_url))
    with served(app) as url:
        yield url


OPEN = ApiSettings(prefect_api_url=f"http://127.0.0.1:{free_port()}/api")
KEYED = ApiSettings(api_keys=f"reader:{KEY}", prefect_api_url=OPEN.prefect_api_url)


@pytest.mark.parametrize("url", [OPEN], indirect=True)
def test_rest_reading(url: str, tmp_path: Path) -> None:
    _schemathesis(f"{url}/openapi.json", "--exclude-path-regex=^/etl", folder=tmp_path)


@pytest.mark.parametrize("url", [KEYED], indirect=True)
def test_rest_reading_with_keys_lets_nobody_in_without(url: str, tmp_path: Path) -> None:
    key = ("--header", f"x-api-key:{KEY}")
    _schemathesis(f"{url}/openapi.json", "--exclude-path-regex=^/etl", *key, folder=tmp_path)


async def test_rest_runs_by_hand(
    database_url: str, market: None, prefect_with_a_deployment: str, tmp_path: Path
) -> None:
    del market
    settings = ApiSettings(
        prefect_api_url=prefect_with_a_deployment, run_wait_seconds=1, admin_keys=f"anna:{KEY}"
    )
    with served(create_app(settings, DatabaseSettings(database_url=database_url))) as url:
        key = ("--header", f"x-api-key:{KEY}")
        _schemathesis(f"{url}/openapi.json", "--include-path-regex=^/etl", *key, folder=tmp_path)


QUERIES = "--exclude-name-regex=^Mutation"
"""What a mutation names must be there, which no generator knows."""


@pytest.mark.parametrize("url", [OPEN], indirect=True)
def test_graphql_answers_what_is_right(url: str, tmp_path: Path) -> None:
    options = (QUERIES, "--mode=positive", "--generation-allow-x00=false")
    _schemathesis(f"{url}/graphql", *options, folder=tmp_path, hooks="schemathesis_hooks")


@pytest.mark.parametrize("url", [OPEN], indirect=True)
def test_graphql_refuses_what_is_wrong(url: str, tmp_path: Path) -> None:
    _schemathesis(f"{url}/graphql", QUERIES, "--mode=negative", folder=tmp_path)
