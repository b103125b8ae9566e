"""The dashboard in a person's browser, cut off from every other machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.dashboard import page
from graphql_api.pages.npm_files import are_here
from models.db import Sessions
from models.outcomes import LinkState, RunOutcome
from tests.e2e.api_process import api_process
from tests.e2e.clients.conftest import publishing
from tests.factories import (
    NOW,
    make_asset,
    make_budget,
    make_drift,
    make_hold,
    make_link,
    make_listing,
    make_points,
    make_quoted,
    make_rate,
    make_reject,
    make_run,
    publish,
)

COINS = 1000
KILOBYTES_AT_MOST = 300
PATIENCE = 240
"""Seconds for a busy machine."""
NO_PREFECT = "http://127.0.0.1:9/api"
SMALLER = """
    INSERT INTO assets (uid, symbol, name, price_usd, price_method, price_confidence, price_as_of, price_inputs,
                        market_cap_usd, created_at, updated_at)
    SELECT 'coin-' || n, 'COI', 'Coin-' || n, n, 'median', 0.9, now(), '[]', 10000 - n, now(), now()
    FROM generate_series(2, :coins) n
"""
Look = Callable[..., dict[str, Any]]


@pytest.fixture
def look(node: Callable[..., str], chromium: str, kept: Path) -> Look:
    """Run one of the scripts of `dashboard/` against an API, and return what it saw."""
    if not are_here(page.files()):
        pytest.skip("the dashboard's files are not here: `python -m graphql_api assets` could not fetch them")

    def run(script: str, url: str, *arguments: str, folder: bool = True) -> dict[str, Any]:
        given = [str(kept), *arguments] if folder else arguments
        seen: dict[str, Any] = json.loads(
            node(f"dashboard/{script}.mjs", url, chromium, *given, seconds=PATIENCE)
        )
        return seen

    return run


@pytest.fixture
async def shown(sessions: Sessions) -> None:
    """A thousand coins, the first with two sources and a history; a doubt or two, and what went wrong."""
    async with sessions.begin() as session:
        await session.execute(text(SMALLER), {"coins": COINS})
        await make_asset(session, "old", price_usd=5, market_cap_usd=1, price_as_of=NOW - timedelta(days=2))
        first = await make_asset(session, "coin-1", price_usd=1, market_cap_usd=10_000)
        days = [(NOW - timedelta(days=day), str(1 + day % 7)) for day in range(60)]
        for source, price, doubt in (("coingecko", "1", None), ("coinpaprika", "1.02", "it jumps")):
            listing = await make_quoted(session, first, source, f"{source}-1", price, held_because=doubt)
            await make_points(session, listing, days)
        for name in ("twin", "double"):
            doubtful = await make_listing(session, "coinpaprika", name)
            reasons = {"score": 0.4, "reasons": ["same symbol (+5.8)", "contracts differ (-4.0)"]}
            await make_link(session, doubtful, first, state=LinkState.REVIEW, **reasons)
        await make_hold(session, listing)
        failed = {
            "outcome": RunOutcome.FAILED,
            "error": "HTTP 401: no such key",
            "remedy": "set COINPAPRIKA_API_KEY",
        }
        run = await make_run(session, "coinpaprika", **failed)
        await make_reject(session, run, "coinpaprika", "worthless")
        await make_drift(session, "coinpaprika", "surprise")
        await make_budget(session, "coingecko", monthly_limit=10_000, spent_current=400)
        await make_rate(session, "usd", "50000")
        await make_rate(session, "eur", "25000")
        await publish(session, version=1)


@pytest.fixture
def api_url(shown: None, database_url: str) -> Iterator[str]:
    """An API over the thousand coins; without a Prefect server, with an admin."""
    del shown
    own = {"RATE_LIMIT": "", "ADMIN_KEYS": "anna:all", "PREFECT_API_URL": NO_PREFECT}
    with api_process(database_url, **own) as api:
        yield api.url


def _nothing_amiss(seen: dict[str, Any], url: str) -> None:
    assert seen["complaints"] == []
    address = url.split(":", 1)[1]
    assert [one for one in seen["requests"] if address not in one and not one.startswith("data:")] == []


def test_assets_are_sorted_searched_paged_and_live(api_url: str, database_url: str, look: Look) -> None:
    with publishing(database_url, every=2):
        seen = look("assets", api_url)
    _nothing_amiss(seen, api_url)
    print(  # noqa: T201 - for whoever reads the run
        f"first paint after {seen['firstPaint']:.0f} ms, {seen['transferred'] / 1000:.0f} kB in all"
    )
    assert seen["transferred"] < KILOBYTES_AT_MOST * 1000
    assert seen["rows"] == 50
    assert "1,001" in seen["figures"]
    assert "2 sources" not in seen["cells"]
    assert "\N{EN DASH}" in seen["cells"]
    assert not seen["isWide"]
    assert float(seen["after"]) > float(seen["before"])
    assert seen["order"] == ["descending", "ascending"]
    assert "Coin-77" in seen["found"]
    assert "stale" in seen["stale"]
    assert "no such coin" in seen["nothing"]
    assert seen["euros"] == "38.50"
    assert seen["live"] == "Live"


def test_an_asset_shows_its_chart_and_who_says_what(api_url: str, look: Look) -> None:
    seen = look("asset", api_url)
    _nothing_amiss(seen, api_url)
    assert seen["plain"] > 3
    assert seen["overlaid"] > seen["plain"]
    assert "Coin-1: 60 candles" in seen["said"]
    assert seen["candles"] == 60
    assert "coinpaprika-1" in seen["quotes"]
    assert "held" in seen["quotes"]
    assert "contracts differ (-4.0)" in seen["reasons"]
    assert "coingecko" in seen["coverage"]
    assert "Search" in seen["absent"]


def test_an_admin_settles_what_waits(api_url: str, look: Look) -> None:
    seen = look("review", api_url, "all")
    assert [one for one in seen["complaints"] if "401" not in one] == []
    assert "ADMIN_KEYS" in seen["asks"]
    for verdict in ("accepted", "rejected", "released"):
        assert "Prefect" in seen[verdict], "why prices do not follow at once"
    assert seen["keeps"] == [["all"], []]
    assert not any("all" in request.split("?")[-1] for request in seen["requests"] if "?" in request)


def test_a_reader_is_asked_for_a_key(shown: None, database_url: str, look: Look) -> None:
    del shown
    with api_process(database_url, ENV="prod", API_KEYS="rita:read") as api:
        seen = look("reading", api.url, "read", folder=False)
    assert "needs a key" in seen["first"]
    assert "not one of" in seen["second"]
    assert seen["isLinked"] == 0


def test_what_breaks_is_said_and_mended_and_what_is_shown_stays(api_url: str, look: Look) -> None:
    seen = look("breaks", api_url, folder=False)
    assert seen["sockets"] == 2
    assert "read 40 s ago" in seen["standIn"]["said"]
    assert "Ask less." in seen["refused"]["said"]
    assert "does not answer" in seen["away"]["said"]
    assert all(seen[state]["rows"] == 50 for state in ("standIn", "refused", "away"))


def test_every_page_is_accessible(api_url: str, look: Look) -> None:
    pages = ["#/", "#/?q=coin-7", "#/asset/coin-1", "#/sources", "#/runs", "#/review"]
    seen = look("axe", api_url, *pages, folder=False)
    assert len(seen["found"]) == 3 * len(pages)
    assert all(one["passes"] > 0 for one in seen["found"])
    assert [one for one in seen["found"] if one["violations"] or one["isWide"]] == []
    assert seen["complaints"] == []


@pytest.mark.usefixtures("look")
def test_its_modules_fit_their_types(node: Callable[..., str]) -> None:
    assert node("node_modules/typescript/bin/tsc", "--project", "dashboard.tsconfig.json") == ""
