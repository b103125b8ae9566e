"""The alert rules are right where promtool can say so, each is tested, and each is explained."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.unit.house.tree import ROOT

MONITORING = ROOT / "docs" / "monitoring"


def _yaml(name: str) -> Any:  # noqa: ANN401 - whatever is in the file
    return yaml.safe_load((MONITORING / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def alerts() -> set[str]:
    """The names of all alerts."""
    return {rule["alert"] for group in _yaml("alerts.yml")["groups"] for rule in group["rules"]}


@pytest.mark.parametrize(
    "words",
    [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts_test.yml"],
        ["check", "config", "--syntax-only", "prometheus.yml"],
    ],
)
def test_promtool_is_content(words: list[str]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("there is no promtool on PATH (Debian: apt install prometheus)")
    done = subprocess.run([promtool, *words], cwd=MONITORING, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested(alerts: set[str]) -> None:
    told = {
        case["alertname"]
        for test in _yaml("alerts_test.yml")["tests"]
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert told == alerts


def test_every_alert_is_explained(alerts: set[str]) -> None:
    lines = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8").splitlines()
    explained = {line.split("|")[1].strip() for line in lines if line.startswith("| Kasparro")}
    assert explained == alerts
