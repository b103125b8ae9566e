"""Whatever the dashboard and the alert rules ask for is in /metrics, with the labels by which they ask."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from models.db import Sessions
from tests.integration.api.client import Api
from tests.integration.monitoring.filling import fill
from tests.integration.monitoring.scraping import Samples, scraped

MONITORING = Path(__file__).resolve().parents[3] / "docs" / "monitoring"
METRIC = re.compile(r"\b(kasparro_\w+)(?:\{([^}]*)\})?")
BY = re.compile(r"by \(([^)]*)\) \((?:rate\()?(kasparro_\w+)")
LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")


def _expressions() -> list[str]:
    board = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))
    drawn = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return drawn + [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


def _labels(samples: Samples) -> dict[str, set[str]]:
    known: dict[str, set[str]] = {}
    for name, labels in samples:
        known.setdefault(name, set()).update(label for label, _ in labels)
    return known


async def test_it_is_there(api: Api, sessions: Sessions) -> None:
    await fill(sessions)
    await api.query("{ __schema { queryType { name } } }")
    await api.ask("{ nothing }")
    known = _labels(await scraped(api))
    asked = [found for expression in _expressions() for found in METRIC.findall(expression)]
    assert len(asked) > 40
    for name, selected in asked:
        assert name in known, f"{name} is not in /metrics"
        assert set(LABEL.findall(selected)) <= known[name], f"{name}{{{selected}}}"
    for expression in _expressions():
        for labels, name in BY.findall(expression):
            assert set(labels.split(", ")) <= known[name], expression
