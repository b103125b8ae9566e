"""Every snippet of the README and of docs/ that can run here, run as it stands on its page, against the running whole.

What is run is listed in tests/unit/house/snippets.py; what is not is there too, with its reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import System, eventually
from tests.unit.house.snippets import Snippet, to_run

HERE = Path(__file__).parent
PORTS = {"API_PORT": "8000", "PREFECT_PORT": "4200", "SANDBOX_PORT": "8900"}


def _here(text: str, system: System) -> str:
    """Put the ports of this whole in place of the usual ones."""
    for name, usual in PORTS.items():
        text = text.replace(f"127.0.0.1:{usual}", f"127.0.0.1:{system.ports[name]}")
    return text


def _each(tag: str) -> Any:  # noqa: ANN401 - a decorator
    return pytest.mark.parametrize("snippet", to_run(tag), ids=lambda snippet: snippet.where)


def _run(command: list[str], folder: Path, system: System) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=system.environment | _beside(system, folder),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _beside(system: System, folder: Path) -> dict[str, str]:
    """Say where the whole is that the snippets ask, and let curl fail where an answer does."""
    (folder / ".curlrc").write_text("fail-with-body\n")
    return {"SANDBOX_URL": f"http://127.0.0.1:{system.ports['SANDBOX_PORT']}", "CURL_HOME": str(folder)}


def _is_idle(system: System) -> bool:
    """Tell whether Prefect runs nothing, and nothing by hand waits to be run."""
    states = {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING"]}}
    runs = system.prefect("/flow_runs/filter", {"flow_runs": {"state": states}})
    return all(run["auto_scheduled"] and run["state_type"] == "SCHEDULED" for run in runs)


@_each("console")
def test_commands(system: System, snippet: Snippet, tmp_path: Path) -> None:
    (tmp_path / ".venv").symlink_to(sys.prefix)
    eventually(lambda: _is_idle(system), 120)
    command = f"set -o errexit -o nounset; {_here(snippet.text, system)}"
    _run(["bash", "-c", command], tmp_path, system)


@_each("graphql")
def test_queries(system: System, snippet: Snippet) -> None:
    answer = httpx.post(f"{system.api_url}/graphql", json={"query": snippet.text}, timeout=30).json()
    assert "errors" not in answer
    assert all(answer["data"].values())


@_each("python")
def test_python(system: System, snippet: Snippet, tmp_path: Path) -> None:
    script = tmp_path / "snippet.py"
    script.write_text(_here(snippet.text, system), encoding="utf-8")
    assert _run([sys.executable, script.name], tmp_path, system)


@_each("js")
def test_javascript(system: System, snippet: Snippet, node: Callable[..., str]) -> None:
    # Below the packages, where Node looks for those that the script imports.
    with tempfile.TemporaryDirectory(dir=HERE / "node_modules") as folder:
        script = Path(folder) / "snippet.mjs"
        script.write_text(_here(snippet.text, system), encoding="utf-8")
        assert "version" in node(os.path.relpath(script, HERE))
