"""CI, releases and hooks call targets and tools that there are."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from tests.unit.house.tree import ROOT, make_targets


def yaml_of(name: str) -> dict[str, Any]:
    """Read a YAML file of the root folder."""
    read: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return read


def test_ci_calls_make_targets() -> None:
    jobs = yaml_of(".github/workflows/ci.yml")["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    called = {target for run in runs for target in re.findall(r"^make ([a-z0-9-]+)", run, re.MULTILINE)}
    called |= {
        name
        for name, job in jobs.items()
        if any("$GITHUB_JOB" in step.get("run", "") for step in job["steps"])
    }
    assert {"lint", "unit", "integration", "e2e", "up"} <= called <= make_targets()


def test_hooks_call_the_tools_of_the_lock() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {package["name"] for package in lock["package"]} | {"lint-imports"}
    local = next(repo for repo in yaml_of(".pre-commit-config.yaml")["repos"] if repo["repo"] == "local")
    tools = [re.fullmatch(r"\.venv/bin/(\S+).*", hook["entry"]) for hook in local["hooks"]]
    assert all(tool and tool[1] in locked for tool in tools)
