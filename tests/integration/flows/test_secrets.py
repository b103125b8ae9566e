"""A key goes to its provider and nowhere else: no table, no log line, no message."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from flows.engine import ingest_source
from flows.market_csv import refresh_csv
from flows.pipeline import run_etl
from flows.workshop import Workshop
from models.outcomes import RunOutcome
from tests.integration.flows.conftest import OpenShop, Sandbox
from tests.integration.flows.tables import end_benches, every_text, renew_budgets

PROVIDERS = {"coingecko": "/coingecko/api/v3", "coinpaprika": "/coinpaprika/v1", "coincap": "/coincap/v3"}
HEADERS = {"coingecko": "x-cg-demo-api-key", "coinpaprika": "authorization", "coincap": "authorization"}
KEYS = {name: f"planted-key-of-{name}-0123456789" for name in PROVIDERS}
FAULTS: list[dict[str, object]] = [
    {"status": 401, "body": '{"error":"invalid API key"}'},
    {"status": 429, "headers": {"retry-after": "500"}, "body": "Throttled"},
    {"status": 500, "body": "<html>"},
    {"status": 302, "headers": {"location": "https://elsewhere.example.org/"}},
    {"disconnect": True},
    {"body": "<html>no JSON</html>"},
]


@pytest.fixture
def keyed(open_shop: OpenShop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> OpenShop:
    """Workshops whose providers have keys; the sandbox plays each of them."""
    for name, path in PROVIDERS.items():
        monkeypatch.setenv(f"{name.upper()}_API_KEY", KEYS[name])
        monkeypatch.setenv(f"{name.upper()}_BASE_URL", sandbox.url + path)
    return open_shop


def _headers_sent(sandbox: Sandbox) -> dict[str, set[str]]:
    seen: dict[str, set[str]] = {}
    for request in sandbox.control.get("/_sandbox/requests").json()["requests"]:
        seen.setdefault(request["provider"], set()).update(request["header_names"])
    return seen


async def _ingest_through_faults(shop: Workshop, sandbox: Sandbox) -> str:
    told = ""
    for fault in FAULTS:
        await renew_budgets(shop.sessions)
        for path in PROVIDERS.values():
            sandbox.script(path, **fault)
        report = await run_etl(shop, ["coingecko", "coinpaprika"])
        assert report.outcome is RunOutcome.FAILED
        told += repr(report)
        refreshed = await refresh_csv(shop)
        assert refreshed.outcome is RunOutcome.FAILED
        told += repr(refreshed)
    return told


async def test_a_key_is_in_no_table_no_log_and_no_message(
    keyed: OpenShop,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    async with keyed() as shop:
        told = await _ingest_through_faults(shop, sandbox)
        await refresh_csv(shop)
        await end_benches(shop.sessions)
        assert (await run_etl(shop)).outcome is RunOutcome.SUCCESS
        told += await every_text(shop.sessions) + repr(shop.settings)
    output = capfd.readouterr()
    told += caplog.text + output.out + output.err
    headers = _headers_sent(sandbox)
    for name, key in KEYS.items():
        assert HEADERS[name] in headers[name], "the key did go to its provider"
        assert key not in told
    assert "coingecko: HTTP 401" in told, "the messages were searched"
    assert "HTTP Request: GET" in told, "the log lines were searched"


@pytest.mark.parametrize("key", ["sekrit\nhalf9", "ключ-от-всего", "sekrit wordz\x00", " paddedsekrit "])
async def test_a_key_that_no_header_carries_is_refused_without_being_shown(
    keyed: OpenShop, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    async with keyed() as shop:
        unlocked = replace(shop, env={**shop.env, "COINPAPRIKA_API_KEY": key})
        report = await ingest_source(unlocked, "coinpaprika")
        told = await every_text(shop.sessions) + repr(report) + caplog.text
    output = capfd.readouterr()
    assert report.outcome is RunOutcome.FAILED
    assert "COINPAPRIKA_API_KEY holds" in (report.error or "")
    for part in key.split():
        assert part.strip("\x00") not in told + output.out + output.err


async def test_the_sandbox_gets_no_key_of_yours(
    open_shop: OpenShop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, key in KEYS.items():
        monkeypatch.setenv(f"{name.upper()}_API_KEY", key)
    async with open_shop() as shop:
        assert (await ingest_source(shop, "coingecko")).outcome is RunOutcome.SUCCESS
        assert shop.settings_of(shop.source("coincap")).api_key is None
    assert "x-cg-demo-api-key" not in _headers_sent(sandbox)["coingecko"]


async def test_without_a_key_the_refresh_says_why_and_leaves_the_file(
    open_shop: OpenShop, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    monkeypatch.setenv("COINCAP_BASE_URL", sandbox.url + PROVIDERS["coincap"])
    async with open_shop() as shop:
        report = await refresh_csv(shop)
    assert (report.rows, report.outcome) == (0, RunOutcome.SKIPPED)
    assert "COINCAP_API_KEY is not set" in (report.error or "")
    assert not report.path.exists()
    assert sandbox.asked("/coincap") == 0


async def test_own_name_and_no_librarys_is_told_to_providers(shop: Workshop, sandbox: Sandbox) -> None:
    await ingest_source(shop, "coinpaprika")
    (agent,) = {
        request["user_agent"] for request in sandbox.control.get("/_sandbox/requests").json()["requests"]
    }
    assert agent.startswith("kasparro/")
    assert "httpx" not in agent
