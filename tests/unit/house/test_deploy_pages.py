"""docs/deploy names variables that are read, starts doors that are there, and refers to what it defines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.unit.house import doors
from tests.unit.house.settings_pages import groups
from tests.unit.house.tree import ROOT, pages

FOLDER = ROOT / "docs" / "deploy"
OURS = {variable.name for variables in groups().values() for variable in variables}
PREFECTS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED",
    "PREFECT_SERVER_API_AUTH_STRING",
    "PREFECT_SERVER_API_HOST",
    "PREFECT_SERVER_DATABASE_CONNECTION_URL",
}
"""Variables of Prefect's server."""
OF_THE_PLACE = {"PREFECT_AUTH_STRING", "PREFECT_DATABASE", "PREFECT_HOSTPORT", "PROXY_ADDRESS"}
"""Variables that render.yaml and docker-compose.prod.yml themselves give a meaning."""
MANIFESTS = sorted((FOLDER / "kubernetes").glob("*.yaml"))
VALUES = "prefect-server.yaml"
"""Not a manifest: what a chart is told."""


def _documents(name: str) -> Iterator[dict[str, Any]]:
    yield from yaml.safe_load_all((FOLDER / name).read_text(encoding="utf-8"))


def _found(value: object, key: str) -> Iterator[Any]:
    """Find everything under a key, at any depth."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for inner in value.values():
            yield from _found(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner, key)


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.*")), ids=lambda file: file.name)
def test_every_variable_is_one_that_is_read(file: Any) -> None:  # noqa: ANN401 - a path
    named = set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", file.read_text(encoding="utf-8")))
    assert named - OURS - PREFECTS - OF_THE_PLACE == set()


def test_every_setting_named_on_aws_is_in_its_table_once() -> None:
    rows = re.findall(r"^\| (`[A-Z_`, 🔒or…]+) \|", pages()["docs/deploy/aws.md"], re.MULTILINE)
    named = re.findall(r"`([A-Z_]+)`", " ".join(rows))
    assert len(named) == len(set(named)) >= 14


def test_render_starts_doors_and_refers_to_what_is_there() -> None:
    (blueprint,) = _documents("render.yaml")
    services = {service["name"]: service for service in blueprint["services"]}
    databases = {database["name"] for database in blueprint["databases"]}
    for service in services.values():
        for room, words in _doors(service["dockerCommand"], service.get("preDeployCommand", "")):
            doors.understand(room, words)
        for variable in service["envVars"]:
            if wanted := variable.get("fromDatabase"):
                assert wanted["name"] in databases
            if wanted := variable.get("fromService"):
                told = services[wanted["name"]]
                assert told["type"] == wanted["type"]
                assert wanted.get("envVarKey") in {None, *(each["key"] for each in told["envVars"])}
            assert len(variable) == 2, "a key, and one way to its value"
    assert [service["type"] for service in services.values()] == ["web", "pserv", "worker"]


def _doors(*commands: str) -> Iterator[tuple[str, list[str]]]:
    for command in filter(None, commands):
        found = re.search(r"python -m (\w+)([^']*)", command)
        assert found, command
        yield found[1], shlex.split(found[2])


@pytest.mark.parametrize("name", ["upgrade.yaml", "worker.yaml", "api.yaml"])
def test_pods_start_doors_as_nobody_with_nothing_to_write_to(name: str) -> None:
    told = {document["metadata"].get("name") for document in _documents("kubernetes/settings.yaml")}
    for document in _documents(f"kubernetes/{name}"):
        for containers in _found(document, "containers"):
            for container in containers:
                python, module, room, *words = container["command"]
                assert (python, module) == ("python", "-m")
                doors.understand(room, words)
                assert container["securityContext"]["readOnlyRootFilesystem"] is True
                assert {next(iter(each.values()))["name"] for each in container["envFrom"]} <= told
        for security in (
            spec["securityContext"] for spec in _found(document, "template") for spec in [spec["spec"]]
        ):
            assert security["runAsNonRoot"] is True


def test_selectors_find_their_pods() -> None:
    deployment, service, budget = _documents("kubernetes/api.yaml")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["selector"] == budget["spec"]["selector"]["matchLabels"] == labels
    (port,) = service["spec"]["ports"]
    assert port["targetPort"] in {each["name"] for ports in _found(deployment, "ports") for each in ports}


def test_the_chart_runs_the_prefect_that_is_locked() -> None:
    lock = (ROOT / "uv.lock").read_text(encoding="utf-8")
    locked = re.search(r'^name = "prefect"\nversion = "([^"]+)"', lock, re.MULTILINE)
    (values,) = _documents(f"kubernetes/{VALUES}")
    assert locked
    assert values["global"]["prefect"]["image"]["prefectTag"].startswith(f"{locked[1]}-")


@pytest.mark.parametrize(
    "file", [file for file in MANIFESTS if file.name != VALUES], ids=lambda file: file.name
)
def test_kubernetes_own_schemas_take_the_manifests(file: Any) -> None:  # noqa: ANN401 - a path
    kubernetes = pytest.importorskip(
        "kubernetes_validate", reason="Kubernetes' schemas are not installed: .ci/install --group deploy"
    )
    for document in _documents(f"kubernetes/{file.name}"):
        kubernetes.validate(document, "1.34", strict=True)
