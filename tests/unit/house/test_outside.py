"""Containers, CI and hooks call doors, targets and tools that there are, and start nothing as root."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml

from flows.stack.environment import PREFECT
from tests.unit.house import doors, settings_pages
from tests.unit.house.tree import ROOT, make_targets

OURS = {"upgrade", "prefect", "sandbox", "worker", "api"}


def yaml_of(name: str) -> dict[str, Any]:
    """Read a YAML file of the root folder."""
    read: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    return read


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of docker-compose.yml."""
    named: dict[str, Any] = yaml_of("docker-compose.yml")["services"]
    return named


@pytest.fixture(scope="module")
def dockerfile() -> str:
    """The Dockerfile."""
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_every_container_is_a_door(services: dict[str, Any]) -> None:
    assert services.keys() == OURS | {"postgres"}
    for name in OURS:
        python, _, room, *words = services[name]["command"]
        assert python == "python"
        doors.understand(room, words)


def test_our_containers_own_nothing_they_need_not(services: dict[str, Any]) -> None:
    for name in OURS:
        assert services[name]["read_only"], name
        assert services[name]["cap_drop"] == ["ALL"], name


def test_ports_are_published_on_this_machine_only(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_containers_are_told_only_what_is_read() -> None:
    known = {one.name for group in settings_pages.groups().values() for one in group} | PREFECT.keys()
    for file in ("docker-compose.yml", "docker-compose.prod.yml"):
        for name, service in yaml_of(file)["services"].items():
            told = set(service.get("environment", ())) - {"HEALTH_URL"}
            strange = {one for one in told - known if not one.startswith(("PREFECT_", "POSTGRES_"))}
            assert not strange, f"{file}, {name}"


def test_production_changes_only_services_there_are(services: dict[str, Any]) -> None:
    assert yaml_of("docker-compose.prod.yml")["services"].keys() == services.keys()


def test_what_is_waited_for_ends_or_is_healthy(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for needed, terms in service.get("depends_on", {}).items():
            ends = services[needed].get("restart") == "no"
            expected = "service_completed_successfully" if ends else "service_healthy"
            assert terms["condition"] == expected, f"{name} waits for {needed}"


def test_the_image_does_not_run_as_root(dockerfile: str) -> None:
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["10001"]


def test_the_image_is_built_with_the_uv_of_the_lock(dockerfile: str) -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = next(package["version"] for package in lock["package"] if package["name"] == "uv")
    (used,) = re.findall(r"astral-sh/uv:([\d.]+)", dockerfile)
    assert f"{locked}.".startswith(f"{used}.")


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
