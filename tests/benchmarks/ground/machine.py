"""What everything ran on: the machine and the versions, without a path or a name of it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import orjson

from tests.benchmarks.contenders.roster import POSTGRAPHILE, node
from tests.benchmarks.errors import AbsentError

PACKAGES = (
    "strawberry-graphql",
    "sqlalchemy",
    "sqlmodel",
    "psycopg",
    "fastapi",
    "uvicorn",
    "uvloop",
    "dlt",
)


def describe(postgres_version: str) -> dict[str, str]:
    """Name the machine and the versions."""
    return {
        "CPU": f"{_field('/proc/cpuinfo', 'model name') or platform.processor()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load before": f"{os.getloadavg()[0]:.1f} processes ran or waited in the minute before",
        "PostgreSQL": postgres_version,
        "Python": platform.python_version(),
        "Node": _node(),
        "PostGraphile": _postgraphile(),
        "wrk": _wrk(),
    } | {name: _package(name) for name in PACKAGES}


def _field(file: str, name: str) -> str | None:
    path = Path(file)
    lines = path.read_text().splitlines() if path.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(name)), None)


def _package(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _node() -> str:
    try:
        program = node()
    except AbsentError:
        return "absent"
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _postgraphile() -> str:
    package = POSTGRAPHILE / "node_modules" / "postgraphile" / "package.json"
    return str(orjson.loads(package.read_bytes())["version"]) if package.exists() else "absent"


def _wrk() -> str:
    program = shutil.which("wrk")
    if program is None:
        return "absent"
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return told.split("[")[0].removeprefix("wrk").strip()
