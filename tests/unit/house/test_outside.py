"""CI, releases and hooks call targets and tools that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.house.tree import ROOT, make_targets


def yaml_of(name: str) -> dict[str, Any]:
    """Read a YAML file of the root folder."""
    read: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return read


def test_workflows_call_make_targets() -> None:
    called = set()
    for name in ("ci", "release"):
        for job, said in yaml_of(f".github/workflows/{name}.yml")["jobs"].items():
            for step in said.get("steps", ()):
                run = step.get("run", "").replace("$GITHUB_JOB", job)
                called |= set(re.findall(r'^make "?([a-z0-9-]+)', run, re.MULTILINE))
    wanted = {"lint", "unit", "integration", "e2e", "faults", "audit", "up", "wheel", "image"}
    assert wanted <= called <= make_targets()


CHANGES = "## [Unreleased]\n\n- Three.\n\n## [1.2.0]\n\n### Added\n\n- Two.\n\n## [1.1.0]\n\n- One.\n"


def notes(folder: Path, tag: str, changes: str) -> subprocess.CompletedProcess[str]:
    """Ask `.ci/notes` for a tag in a project of version 1.2.0."""
    script = folder / ".ci" / "notes"
    script.parent.mkdir()
    shutil.copy(ROOT / ".ci" / "notes", script)
    (folder / "pyproject.toml").write_text('version = "1.2.0"\n')
    (folder / "CHANGELOG.md").write_text(changes)
    return subprocess.run([script, tag], capture_output=True, text=True, check=False)


def test_a_releases_notes_are_cut_out_of_the_changelog(tmp_path: Path) -> None:
    assert notes(tmp_path, "v1.2.0", CHANGES).stdout.strip() == "### Added\n\n- Two."


@pytest.mark.parametrize(
    ("tag", "changes", "why"),
    [
        ("v1.1.0", CHANGES, "the tag says v1.1.0, pyproject.toml says"),
        ("v1.2", CHANGES, "the tag says v1.2, pyproject.toml says"),
        ("v1.2.0", CHANGES.replace("1.2.0", "1.1.9"), "CHANGELOG.md has nothing under ## [1.2.0]"),
    ],
)
def test_a_release_that_does_not_fit_is_refused(tmp_path: Path, tag: str, changes: str, why: str) -> None:
    refused = notes(tmp_path, tag, changes)
    assert refused.returncode == 1
    assert why in refused.stderr


def test_hooks_call_the_tools_of_the_lock() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {package["name"] for package in lock["package"]} | {"lint-imports"}
    local = next(repo for repo in yaml_of(".pre-commit-config.yaml")["repos"] if repo["repo"] == "local")
    tools = [re.fullmatch(r"\.venv/bin/(\S+).*", hook["entry"]) for hook in local["hooks"]]
    assert all(tool and tool[1] in locked for tool in tools)
