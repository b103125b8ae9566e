"""What a process of ours writes to the terminal: lines for people, or JSON, everybody's records alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

SPEAK = """
import logging, sys
import structlog
from models.logs import log_lines_of_its_own, log_to_stderr
from models.settings import LogSettings
log_to_stderr(LogSettings())
log = structlog.get_logger("flows.engine")
structlog.contextvars.bind_contextvars(request_id="abc")
with log_lines_of_its_own():
    structlog.contextvars.bind_contextvars(run_id=7)
    log.info("source ingested", source="coincap", fetched=3, odd={1, 2})
    logging.getLogger("uvicorn.error").info("Started %s", "well")
log.warning("outside")
log.debug("never seen")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("went wrong")
    logging.getLogger("elsewhere").exception("went wrong")
logging.getLogger("prefect.flow_runs").info("Beginning", extra={"flow_run_id": "f-1"})
"""


def _said(**environment: str) -> list[str]:
    """Run the script in a process of its own, whose logging nobody else set up."""
    done = subprocess.run(
        [sys.executable, "-c", SPEAK],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stderr.splitlines()


def _json(**environment: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _said(**environment)]


def test_in_prod_every_line_is_an_object_that_says_when_who_and_what() -> None:
    told = _json(ENV="prod")
    assert all({"timestamp", "level", "logger", "event"} <= line.keys() for line in told)
    ours, uvicorns, outside, wrong, elsewhere, prefects = told
    odd = ours.pop("odd")
    del ours["timestamp"]
    assert ours == {
        "level": "info", "logger": "flows.engine", "event": "source ingested", "request_id": "abc", "run_id": 7,
        "source": "coincap", "fetched": 3,
    }  # fmt: skip
    assert odd == "{1, 2}"
    assert (uvicorns["logger"], uvicorns["event"], uvicorns["run_id"]) == ("uvicorn.error", "Started well", 7)
    assert "run_id" not in outside
    assert outside["level"] == "warning"
    for line in (wrong, elsewhere):
        assert "ZeroDivisionError" in line["exception"]
    assert prefects["flow_run_id"] == "f-1"


def test_for_people_it_is_a_readable_line() -> None:
    first, second, *rest = _said()
    assert first.endswith(
        "INFO flows.engine source ingested fetched=3 odd={1, 2} request_id=abc run_id=7 source=coincap"
    )
    assert second.endswith("INFO uvicorn.error Started well")
    assert any("ZeroDivisionError" in line for line in rest)


def test_the_settings_decide_how_and_how_much() -> None:
    assert _json(LOG_FORMAT="json")
    assert not _said(ENV="prod", LOG_FORMAT="text")[0].startswith("{")
    assert [line["event"] for line in _json(LOG_FORMAT="json", LOG_LEVEL="ERROR")] == ["went wrong"] * 2


def test_beside_prefects_records_ours_keep_their_line_for_its_server() -> None:
    """In a run's process Prefect's handlers are there already: the terminal gets JSON, its server the text."""
    script = """
import logging, sys
import prefect
kept = logging.Handler()
kept.emit = lambda record: print(kept.format(record))
logging.getLogger("flows").addHandler(kept)
import flows.tasks, structlog
structlog.get_logger("flows.engine").info("source ingested", source="coincap")
prefect.logging.get_logger("engine").info("of Prefect")
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["source ingested source=coincap"]
    ours, prefects = (json.loads(line) for line in done.stderr.splitlines())
    assert (ours["event"], ours["source"]) == ("source ingested", "coincap")
    assert (prefects["logger"], prefects["event"]) == ("prefect.engine", "of Prefect")
