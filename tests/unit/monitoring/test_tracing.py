"""OpenTelemetry's own variables switch traces on, and nothing else does."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from models.tracing import is_on, is_wanted, trace_ids

THERE = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "kasparro"}, False),
        (THERE, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({**THERE, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**THERE, "OTEL_SDK_DISABLED": "True"}, False),
    ],
)
def test_what_switches_traces_on(environment: dict[str, str], wanted: bool) -> None:  # noqa: FBT001 - a case
    assert is_wanted(environment) is wanted


def test_switched_off_nothing_is_followed_and_nothing_of_it_is_loaded() -> None:
    assert not is_on()
    assert trace_ids() == {}
    script = "import sys, graphql_api.app; from models.tracing import start_tracing; start_tracing('x')"
    loaded = "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.inst'))])"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", f"{script}; {loaded}"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_without_the_extra_that_is_said_and_everything_else_goes_on() -> None:
    script = (
        "import sys; sys.modules['opentelemetry.sdk'] = None\n"
        "from models.logs import log_to_stderr; from models.settings import LogSettings; log_to_stderr(LogSettings())\n"
        "from models.tracing import is_on, start_tracing; start_tracing('x'); print(is_on())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | THERE, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
    assert "pip install 'kasparro[otel]'" in done.stderr
