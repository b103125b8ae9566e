"""The API as a process of its own over a database of its own, and Node with the packages of the lock file."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.api_process import api_process

HERE = Path(__file__).parent
NODE_AT_LEAST = 20


@pytest.fixture
def api_url(database_url: str) -> Iterator[str]:
    """The API's URL."""
    with api_process(database_url, RATE_LIMIT="") as api:
        yield api.url


@pytest.fixture(scope="session")
def node() -> Callable[..., str]:
    """Run a script of this folder with Node and return what it prints; skipped, with the reason, without Node."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program is None or npm is None:
        pytest.skip("Node.js and npm are not installed: clients of the GraphQL world are not run")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version[1:].split(".")[0]) < NODE_AT_LEAST:
        pytest.skip(f"Node.js {version.strip()} is older than {NODE_AT_LEAST}: GraphQL clients are not run")
    install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    if subprocess.run(install, cwd=HERE, check=False).returncode:
        pytest.skip("npm could not fetch what tests/e2e/clients/package-lock.json names: no registry?")

    def run(script: str, *arguments: str) -> str:
        done = subprocess.run(
            [program, script, *arguments], cwd=HERE, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
