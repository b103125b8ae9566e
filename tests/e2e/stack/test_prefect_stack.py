"""The supervisor over a real Prefect server and worker: deployments, first run, restart, drain, and what a kill leaves.

The flows are scratch ones under the entrypoints of the project's own prefect.yaml, the API and the sandbox are
stand-ins: what is tried here is the ground they stand on.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.stack.claims import leftovers

PROJECT = Path(__file__).resolve().parents[3]
FLOW = """
import os, time
from pathlib import Path
from prefect import flow
"""
ETL = """
@flow
def etl() -> None:
    Path("began").write_text(str(os.getpid()))
    time.sleep(float(Path("seconds").read_text()) if Path("seconds").exists() else 0)
@flow
def bootstrap() -> None:
    Path("published").write_text(os.environ["DATABASE_URL"])
"""
OTHER = """
@flow(name="{name}")
def {function}({parameter}) -> None:
    pass
"""
STAND_IN = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
class Handler(BaseHTTPRequestHandler):
    def do_GET(self): self.answer({"dataset_version": int(Path("published").exists())})
    def answer(self, body):
        text = json.dumps(body).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(text))); self.end_headers()
        self.wfile.write(text)
    def log_message(self, *_): pass
try: HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
except KeyboardInterrupt: pass
"""
UP = f"""
import sys
from dataclasses import replace
from flows.stack.doors import the_doors
from flows.stack.settings import StackSettings
from flows.stack.supervisor import up
settings = StackSettings()
commands = {{
    "prefect": ("-c", "from flows.stack.settings import StackSettings as S; "
                      "from flows.stack.prefect_server import serve_prefect; serve_prefect(S())"),
    "worker": ("-c", "from flows.stack.settings import StackSettings as S; "
                     "from flows.stack.prefect_worker import serve_worker; serve_worker(S(), single_host=True)"),
    "upgrade": ("-c", ""),
    "sandbox": ("-c", {STAND_IN!r}, str(settings.sandbox_port)),
    "api": ("-c", {STAND_IN!r}, str(settings.api_port)),
}}
doors = [replace(door, command=(sys.executable, *commands[door.name])) for door in the_doors(settings)]
sys.exit(up(settings, doors=doors))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Whole:
    """A scratch project, started and stopped as often as the tests like."""

    folder: Path
    ports: dict[str, int] = field(
        default_factory=lambda: {f"{name}_PORT": free_port() for name in ("API", "PREFECT", "SANDBOX")}
    )
    process: subprocess.Popen[str] | None = None
    said: str = ""

    def start(self, **environment: str) -> str:
        """Start it and wait until it is ready; what it said."""
        assert self.process is None
        self.process = subprocess.Popen(
            [sys.executable, "-c", UP],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ
            | {
                "PYTHONPATH": str(PROJECT),
                "KASPARRO_HOME": "home",
                "DATABASE_URL": "postgresql://elsewhere/db",
            }
            | {name: str(port) for name, port in self.ports.items()}
            | environment,
        )
        assert self.process.stdout
        said = ""
        for line in self.process.stdout:
            said += line
            if "Ctrl-C stops everything" in line:
                return said
        raise AssertionError(said)

    def end(self, stopper: int | None = signal.SIGINT) -> tuple[int, str]:
        """Wait for its end, after a signal or by itself; the exit code and what it said."""
        assert self.process
        process, self.process = self.process, None
        if stopper:
            process.send_signal(stopper)
        said, _ = process.communicate(timeout=90)
        return process.returncode, said

    def prefect(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON is any
        """Ask the Prefect server."""
        url = f"http://127.0.0.1:{self.ports['PREFECT_PORT']}/api{path}"
        answer = httpx.request(method, url, json=body, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def runs(self, deployment: str, *states: str) -> list[dict[str, Any]]:
        """Read a deployment's runs in these state types."""
        wanted = {"deployments": {"name": {"any_": [deployment]}}}
        found = self.prefect("POST", "/flow_runs/filter", wanted | {"sort": "START_TIME_DESC"})
        return [run for run in found if run["state_type"] in states]

    def automations(self) -> list[str]:
        """Read the names of what the server does by itself."""
        return sorted(one["name"] for one in self.prefect("POST", "/automations/filter", {}))

    def etl_began(self) -> int:
        """Wait for the etl flow to be running; the pid of its process."""
        began = self.folder / "began"
        eventually(began.exists)
        pid = int(began.read_text())
        began.unlink()
        return pid


def eventually(true: Callable[[], object], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """The project's prefect.yaml with scratch flows behind it; the tests of this file take it from start to start."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "prefect.yaml").write_text(
        (PROJECT / "prefect.yaml").read_text().replace("entrypoint: flows.", "entrypoint: scratch_flows.")
    )
    flows = folder / "scratch_flows"
    flows.mkdir()
    (flows / "__init__.py").touch()
    (flows / "etl.py").write_text(FLOW + ETL)
    for function, parameter in (
        ("ingest", "source: str"),
        ("refresh_csv", ""),
        ("unify", ""),
        ("backfill", ""),
        ("tell", "run_id: str"),
    ):
        text = OTHER.format(name=function.replace("_", "-"), function=function, parameter=parameter)
        (flows / f"{function}.py").write_text(FLOW + text)
    started = Whole(folder)
    yield started
    if started.process:
        started.process.kill()
        started.process.communicate()


def test_from_nothing_to_ready_with_a_first_run_and_fitted_schedules(whole: Whole) -> None:
    said = whole.start(ETL_INTERVAL_SECONDS="600")
    assert "first run: bootstrap/bootstrap" in said
    assert (whole.folder / "published").read_text() == "postgresql://elsewhere/db"
    deployments = {d["name"]: d for d in whole.prefect("POST", "/deployments/filter", {})}
    assert set(deployments) == {"etl", "ingest", "refresh-csv", "unify", "bootstrap", "backfill", "tell"}
    assert {d["global_concurrency_limit"]["limit"] for d in deployments.values()} == {1}
    intervals = {name: [s["schedule"]["interval"] for s in d["schedules"]] for name, d in deployments.items()}
    by_hand = ("ingest", "unify", "bootstrap", "backfill", "tell")
    assert intervals == {"etl": [600], "refresh-csv": [1200], **{name: [] for name in by_hand}}
    assert deployments["ingest"]["parameter_openapi_schema"]["required"] == ["source"]
    assert whole.automations() == ["tell__automation_1"]
    code, output = whole.end()
    assert code == 0, output


def test_a_second_start_goes_on_without_deploying_and_drains_what_runs(whole: Whole) -> None:
    (whole.folder / "seconds").write_text("6")
    said = whole.start(ETL_INTERVAL_SECONDS="600", ETL_ENABLED="false")
    assert "first run: etl/etl" in said
    deployments = {d["name"]: d for d in whole.prefect("POST", "/deployments/filter", {})}
    eventually(
        lambda: not whole.prefect("GET", "/deployments/name/etl/etl")["schedules"][0]["active"], seconds=20
    )
    whole.etl_began()
    eventually(lambda: whole.runs("etl", "RUNNING"))
    (running,) = whole.runs("etl", "RUNNING")
    assert len(whole.automations()) == 1
    stamp = deployments["unify"]["updated"]
    code, output = whole.end()
    assert code == 0, output
    (whole.folder / "seconds").unlink()
    whole.start()
    assert running["id"] in {run["id"] for run in whole.runs("etl", "COMPLETED")}
    assert {d["name"]: d for d in whole.prefect("POST", "/deployments/filter", {})}["unify"][
        "updated"
    ] == stamp
    assert whole.end()[0] == 0


def test_after_a_kill_the_next_start_closes_the_run_and_the_slot_is_free(whole: Whole) -> None:
    (whole.folder / "began").unlink(missing_ok=True)
    (whole.folder / "seconds").write_text("600")
    whole.start()
    flow = whole.etl_began()
    eventually(lambda: whole.runs("etl", "RUNNING"))
    (killed,) = whole.runs("etl", "RUNNING")
    whole.end(signal.SIGKILL)
    (whole.folder / "seconds").unlink()
    whole.start()
    assert flow not in leftovers(whole.folder / "home")
    assert killed["id"] in {run["id"] for run in whole.runs("etl", "CRASHED")}
    eventually(
        lambda: any(run["start_time"] > killed["start_time"] for run in whole.runs("etl", "COMPLETED"))
    )
    assert not whole.runs("etl", "RUNNING", "PENDING")
    assert whole.end()[0] == 0


def test_a_killed_worker_ends_the_whole_by_name(whole: Whole) -> None:
    whole.start()
    worker = next(
        pid
        for pid, door in leftovers(whole.folder / "home").items()
        if door == "worker"
        and b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()  # not a flow of its own
    )
    os.kill(worker, signal.SIGKILL)
    code, output = whole.end(None)
    assert code == 1
    assert "worker ended by itself, with exit code -9" in output
