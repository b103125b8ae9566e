"""Traces and log lines of real processes: a request and a run can be followed through both by their ids."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.sandbox.app import create_app
from flows.sandbox.settings import SandboxSettings
from tests.e2e.conftest import eventually, free_port
from tests.integration.monitoring.collector import Collector, attributes, collector
from tests.servers import served

PARENT = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{PARENT}-00f067aa0ba902b7-01"


@pytest.fixture(scope="module")
def collecting() -> Iterator[Collector]:
    """A collector for all tests here."""
    with collector() as kept:
        yield kept


def _environment(database_url: str, kept: Collector, **more: str) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": database_url,
        "LOG_FORMAT": "json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": kept.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
        "PYTHONPATH": str(Path.cwd()),
        **more,
    }


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_request_is_followed_to_its_statements_and_its_log_lines(
    database_url: str, collecting: Collector, tmp_path: Path
) -> None:
    port = str(free_port())
    url, log = f"http://127.0.0.1:{port}", tmp_path / "api.log"
    environment = _environment(
        database_url,
        collecting,
        API_PORT=port,
        ACCESS_LOG="true",
        OTEL_SERVICE_NAME="window",
        RESPONSE_CACHE_MB="0",
    )
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "graphql_api"], env=environment, cwd=tmp_path, stderr=errors
        )
    try:
        eventually(lambda: _answers(url), 60)
        headers = {"traceparent": TRACEPARENT, "x-request-id": "order-66"}
        asked = httpx.post(
            f"{url}/graphql", json={"query": "query Version { datasetVersion }"}, headers=headers
        )
        assert (asked.json()["data"], asked.headers["x-request-id"]) == ({"datasetVersion": 0}, "order-66")
        odd = {"x-request-id": "has a space"}
        assert httpx.get(f"{url}/stats/checkpoints", headers=odd).status_code == 200
        delete = {"query": 'mutation { deletePriceAlert(id: "1") { id } }'}
        assert "There is no alert 1" in httpx.post(f"{url}/graphql", json=delete).text
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    (request,) = [span for span in collecting.named("window", "POST") if span.trace_id.hex() == PARENT]
    (statement,) = [span for span in collecting.named("window", "SELECT") if span.trace_id.hex() == PARENT]
    assert statement.parent_span_id == request.span_id
    assert "dataset_version" in attributes(statement)["db.query.text"]
    (checkpoints,) = collecting.named("window", "GET /stats/checkpoints")
    below = [span for span in collecting.named("window", "") if span.parent_span_id == checkpoints.span_id]
    assert any("etl_checkpoints" in "".join(attributes(span).values()) for span in below)

    updates = collecting.named("window", "UPDATE")  # by another engine than what only reads
    assert any("price_alerts" in "".join(attributes(span).values()) for span in updates)

    lines = _lines(log.read_text())
    assert {line["level"] for line in lines} <= {"info", "warning"}
    assert not any("already instrumented" in line["event"] for line in lines)
    assert any(line["logger"] == "uvicorn.error" and "startup complete" in line["event"] for line in lines)
    (answered,) = [line for line in lines if line.get("request_id") == "order-66"]
    assert (answered["event"], answered["status"], answered["path"]) == ("answered", 200, "/graphql")
    assert (answered["trace_id"], answered["span_id"]) == (PARENT, request.span_id.hex())
    (other,) = [line for line in lines if line.get("path") == "/stats/checkpoints"]
    assert len(other["request_id"]) == 32


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").is_success
    except httpx.TransportError:
        return False


def test_a_run_is_followed_from_its_beginning_to_what_providers_were_asked(
    database_url: str, collecting: Collector, tmp_path: Path
) -> None:
    with served(create_app(SandboxSettings(size=1_600, speed=0))) as sandbox:
        done = subprocess.run(
            [sys.executable, "-m", "flows", "run", "etl", "--source", "coinpaprika"],
            env=_environment(database_url, collecting, SANDBOX_URL=sandbox, DATA_DIR=str(tmp_path)),
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = collecting.named("kasparro-flows", "run etl")
    (source,) = collecting.named("kasparro-flows", "run source:coinpaprika")
    assert source.parent_span_id == run.span_id
    asked = [span for span in collecting.named("kasparro-flows", "GET") if span.trace_id == run.trace_id]
    assert any("/coinpaprika/v1/tickers" in "".join(attributes(span).values()) for span in asked)
    assert any("COPY" in span.name or "INSERT" in span.name for span in collecting.spans["kasparro-flows"])

    (ingested,) = [line for line in _lines(done.stderr) if line["event"] == "source ingested"]
    (published,) = [line for line in _lines(done.stderr) if line["event"] == "published"]
    assert ingested["trace_id"] == published["trace_id"] == run.trace_id.hex()
    assert ingested["run_id"] != published["run_id"]
