"""A fourth source is one file and one line, those of docs/add-a-source.md: it shows up in the flow, the database, GraphQL and REST."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from flows.pipeline import run_etl
from flows.report import etl_report
from flows.sources import REGISTRY
from flows.workshop import Workshop
from models.db import Sessions
from models.outcomes import RunOutcome
from tests.fixtures.pages import read
from tests.integration.api.client import asked
from tests.integration.flows.conftest import OpenShop
from tests.integration.flows.tables import every_text, rows
from tests.servers import served
from tests.unit.house.tree import ROOT, blocks

KEY = "acme-planted-key-0123456789"
PAGE = "docs/add-a-source.md"
FILE, LINE = blocks("python", PAGE)
(RECORDED,) = blocks("json", PAGE)


def _acme() -> ModuleType:
    """Make a module of the page's file, as if it lay in flows/sources."""
    module = ModuleType("flows.sources.acme")
    exec(compile(FILE, "acme.py", "exec"), module.__dict__)  # noqa: S102 - the page's own text
    return module


acme = _acme()


@dataclass(slots=True)
class Provider:
    """Acme itself: two pages of coins for whoever has the key."""

    url: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    asked: list[str] = field(default_factory=list)

    async def coins(self, request: Request) -> JSONResponse:
        """Answer one page."""
        self.asked.append(request.url.query)
        if request.headers.get("x-acme-key") != KEY:
            return JSONResponse({"error": "no such key"}, status_code=401)
        pages = [[("bitcoin", "BTC", "Bitcoin", 68000.5), ("ethereum", "ETH", "Ethereum", 2400.25)]]
        pages.append([("acme-only", "ACME", "Only at Acme", 1e-9)])
        number = int(request.query_params["page"])
        coins = [
            {
                "slug": slug,
                "ticker": ticker,
                "title": title,
                "usd": usd,
                "cap": None,
                "as_of": self.at.isoformat(),
            }
            for slug, ticker, title, usd in pages[number - 1]
        ]
        return JSONResponse({"coins": coins, "pages": len(pages)})


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Acme, listening, and registered with its base URL and key in the environment."""
    provider = Provider()
    with served(Starlette(routes=[Route("/v1/coins", provider.coins)])) as url:
        provider.url = f"{url}/v1"
        monkeypatch.setitem(REGISTRY, acme.NAME, None)  # so that it is taken out again
        exec(LINE, {"REGISTRY": REGISTRY, "acme": acme})  # noqa: S102 - likewise
        monkeypatch.setenv("ACME_BASE_URL", provider.url)
        monkeypatch.setenv("ACME_API_KEY", KEY)
        yield provider


@pytest.fixture
async def with_acme(provider: Provider, open_shop: OpenShop) -> Workshop:
    """A closed workshop after one run of all that answers: CoinGecko, CoinPaprika and Acme."""
    async with open_shop() as shop:
        report = await run_etl(shop)
    assert {source.source: source.outcome for source in report.sources} == {
        "coingecko": RunOutcome.SUCCESS,
        "coinpaprika": RunOutcome.SUCCESS,
        "coincap": RunOutcome.SKIPPED,
        "acme": RunOutcome.SUCCESS,
    }
    assert "| acme | success | 3 | 3 | 0 | 0 | 0 |" in etl_report(report)
    assert provider.asked == ["page=1", "page=2"]
    return shop


@pytest.mark.usefixtures("with_acme")
async def test_it_shows_up_in_the_database(sessions: Sessions) -> None:
    assert ("acme", "Acme Coins") in await rows(sessions, "SELECT name, title FROM sources")
    query = (
        "SELECT l.source_id, l.symbol, q.price_usd FROM quotes q JOIN listings l ON l.id = q.listing_id"
        " WHERE l.source = 'acme' ORDER BY l.id"
    )
    assert await rows(sessions, query) == [
        ("bitcoin", "BTC", Decimal("68000.5")),
        ("ethereum", "ETH", Decimal("2400.25")),
        ("acme-only", "ACME", Decimal("1e-9")),
    ]
    checkpoint = "SELECT page, completed_at IS NOT NULL FROM etl_checkpoints WHERE source = 'acme'"
    assert await rows(sessions, checkpoint) == [("/coins?page=2", True)]
    assert KEY not in await every_text(sessions)


@pytest.mark.usefixtures("with_acme")
async def test_it_shows_up_in_graphql(sessions: Sessions) -> None:
    async with asked(sessions) as api:
        found = await api.query(
            """{ sources { name title state totals { listings quotes } }
                 asset(uid: "bitcoin") { uid quotes { source sourceId priceUsd } }
                 assets(filter: {symbol: "ACME"}) { nodes { name quotes { source } } } }"""
        )
    assert {
        "name": "acme",
        "title": "Acme Coins",
        "state": "OK",
        "totals": {"listings": 3, "quotes": 3},
    } in found["sources"]
    quotes = {quote["source"]: quote["sourceId"] for quote in found["asset"]["quotes"]}
    assert quotes == {"coingecko": "bitcoin", "coinpaprika": "btc-bitcoin", "acme": "bitcoin"}
    assert found["assets"]["nodes"] == [{"name": "Only at Acme", "quotes": [{"source": "acme"}]}]


@pytest.mark.usefixtures("with_acme")
async def test_it_shows_up_in_rest(sessions: Sessions) -> None:
    async with asked(sessions) as api:
        body = await api.get("/data?source=acme")
        raw = await api.get("/data/raw/acme/bitcoin")
    assert {row["external_id"]: row["price_usd"] for row in body["data"]} == {
        "bitcoin": 68000.5,
        "ethereum": 2400.25,
        "acme-only": 1e-9,
    }
    assert {row["source"] for row in body["data"]} == {"acme"}
    assert raw["pagination"]["total"] == 1


async def test_a_wrong_key_of_it_fails_it_alone(
    provider: Provider, open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACME_API_KEY", "wrong")
    async with open_shop() as shop:
        report = await run_etl(shop, ["coinpaprika", "acme"])
    assert {source.source: source.outcome for source in report.sources} == {
        "coinpaprika": RunOutcome.SUCCESS,
        "acme": RunOutcome.FAILED,
    }
    assert report.error == "acme: HTTP 401: no such key"
    assert provider.asked == ["page=1"]


def test_the_recorded_page_is_read_whole() -> None:
    feed = acme.SOURCE.quotes
    batch = read(acme.SOURCE, feed, RECORDED.encode())
    assert [record.record_id for record in batch.raw] == ["bitcoin", "ethereum", "acme-only"]
    assert (len(batch.quotes), batch.rejects, batch.drift) == (feed.volume.at_least, [], {})


NAMED = "--stdin-filename=flows/sources/acme.py"


@pytest.mark.parametrize(
    "checker",
    [("ruff", "check", NAMED, "-"), ("ruff", "format", "--check", NAMED, "-"), ("mypy",)],
    ids=["style", "format", "types"],
)
def test_the_file_is_as_clean_as_the_others(checker: tuple[str, ...], tmp_path: Path) -> None:
    program, *words = checker
    if not words:
        words = ["--config-file", str(ROOT / "pyproject.toml"), str(tmp_path / "acme.py")]
        (tmp_path / "acme.py").write_text(FILE, encoding="utf-8")
    command = [str(Path(sys.executable).with_name(program)), *words]
    done = subprocess.run(command, cwd=ROOT, input=FILE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
