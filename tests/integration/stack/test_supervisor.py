"""The supervisor with stand-in processes: it starts, watches and stops them as it would the real ones."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from flows.stack.claims import leftovers

PROJECT = Path(__file__).resolve().parents[3]
SERVER = """
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
name, port = sys.argv[1], int(sys.argv[2])
def note(what):
    with open(os.environ["JOURNAL"], "a") as journal: journal.write(f"{name} {what}\\n")
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
print("database", os.environ["DATABASE_URL"], flush=True)
note("started")
try: HTTPServer(("127.0.0.1", port), Handler).serve_forever()
except KeyboardInterrupt: note("stopped")
"""
DYING = (
    """
import os, threading
def die():
    print("my last words", flush=True)
    os._exit(7)
threading.Timer(1, die).start()
"""
    + SERVER
)
HEIR = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
"""
STUBBORN = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN);" + SERVER
UP = """
import json, sys
from flows.stack.doors import Door, answers
from flows.stack.settings import StackSettings
from flows.stack.supervisor import up
async def nothing(settings, picture): picture.say("first run")
doors = [Door(**{**d, "command": (sys.executable, *d["command"]), "needs": tuple(d.get("needs", ())),
              "ready": answers(d["ready"]) if d.get("ready") else None}) for d in json.loads(sys.argv[1])]
sys.exit(up(StackSettings(), doors=doors, begin=nothing))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def server(name: str, *needs: str, program: str = SERVER, port: int | None = None) -> dict[str, Any]:
    port = port or free_port()
    return {
        "name": name,
        "command": ["-c", program, name, str(port)],
        "ready": f"http://127.0.0.1:{port}/",
        "needs": needs,
        "port": port,
        "port_variable": f"{name.upper()}_PORT",
        "stop_within_seconds": 30,
    }


def one_shot(name: str, program: str, *needs: str) -> dict[str, Any]:
    return {"name": name, "command": ["-c", program], "needs": needs}


@dataclass
class Up:
    """One supervisor process over a state folder."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def __call__(self, *doors: dict[str, Any]) -> subprocess.Popen[str]:
        """Start these doors."""
        return self.start([sys.executable, "-c", UP, json.dumps(doors)])

    def start(self, command: list[str], stdin: int | None = None) -> subprocess.Popen[str]:
        """Start any command in the supervisor's environment."""
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.home.parent,
            env={
                **os.environ,
                "PYTHONPATH": str(PROJECT),
                "KASPARRO_HOME": str(self.home),
                "DATABASE_URL": "postgresql://elsewhere/db",
                "JOURNAL": str(self.home.parent / "journal"),
                **self.environment,
            },
        )
        self.running.append(process)
        return process

    @property
    def journal(self) -> list[str]:
        """What the stand-ins noted: who started and stopped, in order."""
        file = self.home.parent / "journal"
        return file.read_text().splitlines() if file.exists() else []

    def child(self, name: str) -> int:
        """The pid of a door."""
        (pid,) = (pid for pid, door in leftovers(self.home).items() if door == name)
        return pid


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    started = Up(tmp_path / "home")
    yield started
    for process in started.running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout
    seen = ""
    for line in process.stdout:
        seen += line
        if word in line:
            return seen
    raise AssertionError(f"{word!r} never came:\n{seen}")


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=30)
    return process.returncode, output


def eventually(true: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


@pytest.mark.parametrize("stopper", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_everything_starts_by_need_and_stops_in_reverse(up: Up, stopper: signal.Signals) -> None:
    migrate = one_shot("migrate", "import time; time.sleep(0.5)", "postgres")
    process = up(server("first"), migrate, server("second", "migrate"), server("third", "first", "second"))
    said = read_until(process, "READY")
    assert said.index("migrate") < said.index("second") < said.index("third")
    process.send_signal(stopper)
    code, output = ended(process)
    assert code == 0, output
    stops = [line for line in up.journal if "stopped" in line]
    assert stops == ["third stopped", "second stopped", "first stopped"]
    assert "postgresql://elsewhere/db" in (up.home / "logs" / "first.log").read_text()


def test_a_child_that_dies_ends_the_whole_with_its_last_words(up: Up) -> None:
    process = up(server("steady"), server("dying", program=DYING))
    code, output = ended(process)
    assert code == 1
    assert "dying ended by itself, with exit code 7" in output
    assert "my last words" in output
    assert "steady stopped" in up.journal


def test_a_one_shot_that_fails_ends_the_whole(up: Up) -> None:
    process = up(server("steady"), one_shot("migrate", "raise SystemExit('no such table')", "postgres"))
    code, output = ended(process)
    assert code == 1
    assert "migrate ended before it was ready, with exit code 1" in output
    assert "no such table" in output


def test_a_taken_port_is_one_clear_sentence(up: Up) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, output = ended(up(server("api", port=port)))
    assert code == 1
    assert f"port {port}, wanted for api, is taken" in output
    assert "API_PORT" in output


def test_a_second_start_in_the_same_folder_names_the_first(up: Up) -> None:
    first = up(server("api"))
    read_until(first, "READY")
    code, output = ended(up(server("api")))
    assert code == 1
    assert f"as pid {first.pid}" in output
    assert first.poll() is None


def test_a_killed_supervisor_takes_its_children_along(up: Up) -> None:
    process = up(server("api"))
    read_until(process, "READY")
    child = up.child("api")
    process.kill()
    assert eventually(lambda: not alive(child))


def test_a_leftover_is_ended_by_the_next_start_which_says_so(up: Up) -> None:
    first = up(server("api", program=HEIR + SERVER))
    read_until(first, "READY")
    family = [pid for pid, door in leftovers(up.home).items() if door == "api"]
    assert len(family) == 2
    first.kill()
    assert eventually(lambda: [alive(pid) for pid in family].count(True) == 1)
    said = read_until(up(server("api")), "READY")
    assert re.search(r"ended api \(pid \d+\), left behind", said)
    assert not any(alive(pid) for pid in family)


def test_a_second_interrupt_hastens(up: Up) -> None:
    process = up(server("stubborn", program=STUBBORN))
    read_until(process, "READY")
    process.send_signal(signal.SIGINT)
    read_until(process, "stopping")
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    code, output = ended(process)
    assert code == 0, output
    assert time.monotonic() - began < 5


def test_who_does_not_stop_in_time_is_killed(up: Up) -> None:
    process = up(server("stubborn", program=STUBBORN) | {"stop_within_seconds": 0.5})
    read_until(process, "READY")
    child = up.child("stubborn")
    process.send_signal(signal.SIGINT)
    code, output = ended(process)
    assert code == 0, output
    assert not alive(child)


def test_an_interrupt_while_starting_stops_what_has_started(up: Up) -> None:
    slow = one_shot("slow", "import time; time.sleep(60)")
    process = up(server("api"), slow)
    read_until(process, "api")
    process.send_signal(signal.SIGINT)
    code, output = ended(process)
    assert code == 0, output
    assert up.journal == ["api started", "api stopped"]


def test_the_private_postgres_is_kept_and_its_death_noticed(up: Up) -> None:
    up.environment["DATABASE_URL"] = ""
    process = up(server("api", "postgres"))
    read_until(process, "READY")
    assert "/kasparro_sandbox?host=" in (up.home / "logs" / "api.log").read_text()
    server_pid = int((up.home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(server_pid, signal.SIGKILL)
    code, output = ended(process)
    assert code == 1
    assert "postgres ended by itself" in output


def test_ctrl_c_under_make_in_a_terminal_ends_well(up: Up) -> None:
    makefile = up.home.parent / "Makefile"
    makefile.write_text('run:\n\t@exec "$$PYTHON" -c "$$UP" "$$DOORS"\n')
    up.environment |= {"PYTHON": sys.executable, "UP": UP, "DOORS": json.dumps([server("api")])}
    terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    process = up.start([sys.executable, "-c", terminal, "make", "run"], stdin=subprocess.PIPE)
    read_until(process, "Ctrl-C stops everything")
    assert process.stdin
    process.stdin.write("\x03")
    process.stdin.flush()
    said = read_until(process, "stopping")
    process.wait(timeout=20)
    rest = process.stdout.read() if process.stdout else ""
    assert process.returncode == 0, said + rest
    assert "Interrupt" not in rest
    assert up.journal == ["api started", "api stopped"]


def test_a_terminal_shows_one_picture_of_who_waits_starts_and_is_ready(up: Up) -> None:
    slow = one_shot("slow", "import time; time.sleep(1)", "postgres")
    up.environment |= {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    terminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    doors = json.dumps([slow, server("api", "slow")])
    process = up.start([sys.executable, "-c", terminal, sys.executable, "-c", UP, doors], subprocess.PIPE)
    seen = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", read_until(process, "Ctrl-C stops everything"))
    assert re.search(r"slow\s+starting, \d s", seen)
    assert re.search(r"api\s+waits for slow", seen)
    last = seen[seen.index("first run") :]
    assert [re.search(rf"\d\.\d s ✓ {name}\b", last) is not None for name in ("postgres", "slow", "api")] == [
        True
    ] * 3
    assert seen.count("READY") == 1
