"""Containers open doors that there are, own nothing that they need not, and keep secrets out of what people read."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.stack.environment import PREFECT
from models.settings import SECRET
from tests.unit.house import doors, settings_pages
from tests.unit.house.tree import ROOT

DESK, SERVER = "docker-compose.yml", "docker-compose.prod.yml"
DOORS = {"upgrade", "prefect", "worker", "api"}


def composed(file: str) -> dict[str, Any]:
    """Read a compose file."""
    read: dict[str, Any] = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    return read


def ours(file: str) -> dict[str, Any]:
    """List the services of a compose file that run the image."""
    return {name: one for name, one in composed(file)["services"].items() if "kasparro" in one["image"]}


def known(name: str) -> bool:
    """Whether something of the image reads this variable: a setting of ours, or Prefect."""
    settings = {one.name for group in settings_pages.groups().values() for one in group}
    return name in settings | PREFECT.keys() | {"HEALTH_URL"} or name.startswith("PREFECT_")


@pytest.fixture(scope="module")
def dockerfile() -> str:
    """The Dockerfile."""
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize(("file", "expected"), [(DESK, DOORS | {"sandbox"}), (SERVER, DOORS)])
def test_every_container_is_a_door(file: str, expected: set[str]) -> None:
    assert ours(file).keys() == expected
    for service in ours(file).values():
        python, _, room, *words = service["command"]
        assert python == "python"
        doors.understand(room, words)


@pytest.mark.parametrize("file", [DESK, SERVER])
def test_our_containers_own_nothing_they_need_not(file: str) -> None:
    for name, service in ours(file).items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


@pytest.mark.parametrize("file", [DESK, SERVER])
def test_containers_are_told_only_what_is_read(file: str) -> None:
    for name, service in ours(file).items():
        told = [*service.get("environment", ()), *service.get("secrets", ())]
        assert [one for one in told if not known(one)] == [], name


@pytest.mark.parametrize("file", [DESK, SERVER])
def test_what_is_waited_for_ends_or_is_healthy(file: str) -> None:
    services = composed(file)["services"]
    for name, service in services.items():
        for needed, terms in service.get("depends_on", {}).items():
            ends = services[needed].get("restart") == "no"
            expected = "service_completed_successfully" if ends else "service_healthy"
            assert terms["condition"] == expected, f"{name} waits for {needed}"


@pytest.mark.parametrize("file", [DESK, SERVER])
def test_only_the_proxy_is_reached_from_other_machines(file: str) -> None:
    services = composed(file)["services"]
    open_to_all = {
        name
        for name, service in services.items()
        if any(not port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    }
    assert open_to_all == {"proxy"} & services.keys()


def test_on_a_desk_code_is_the_folders_own() -> None:
    mounted = {volume.split(":")[0] for one in ours(DESK).values() for volume in one.get("volumes", ())}
    rooms = {folder for folder in mounted if folder.startswith("./")}
    assert rooms == {"./models", "./flows", "./graphql_api"}
    assert "--reload" in ours(DESK)["api"]["command"]


def test_on_a_server_everything_has_its_limits_and_its_log_rotates() -> None:
    for name, service in composed(SERVER)["services"].items():
        assert service["deploy"]["resources"]["limits"] == {"cpus": "1", "memory": "512M"}, name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name


def test_on_a_server_secrets_are_files_and_every_one_is_used() -> None:
    used = set()
    for name, service in ours(SERVER).items():
        used |= set(service.get("secrets", ()))
        told = [one for one in service["environment"] if SECRET.search(one) or one.startswith("DATABASE_")]
        assert told == [], name
    assert used == composed(SERVER)["secrets"].keys()


def test_on_a_server_prefect_asks_who_is_there_and_the_api_reads_as_another() -> None:
    services, secrets = ours(SERVER), composed(SERVER)["secrets"]
    assert "PREFECT_SERVER_API_AUTH_STRING" in services["prefect"]["secrets"]
    assert secrets["PREFECT_SERVER_API_AUTH_STRING"] == secrets["PREFECT_API_AUTH_STRING"]
    assert all("PREFECT_API_AUTH_STRING" in services[name]["secrets"] for name in ("worker", "api"))
    assert "DATABASE_READ_URL" in services["api"]["secrets"]
    assert services["api"]["deploy"]["replicas"] == 2


def test_the_image_does_not_run_as_root(dockerfile: str) -> None:
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["10001"]


def test_the_image_is_built_with_the_uv_of_the_lock(dockerfile: str) -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = next(package["version"] for package in lock["package"] if package["name"] == "uv")
    (used,) = re.findall(r"astral-sh/uv:([\d.]+)", dockerfile)
    assert f"{locked}.".startswith(f"{used}.")


def test_secret_files_become_variables_that_the_environment_may_overrule(tmp_path: Path) -> None:
    for name, text in {"ADMIN_KEYS": "ann:a key\n", "API_KEYS": "", "ENV": "file", "note.txt": "no"}.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "FOLDER").mkdir()
    told = {"PATH": os.environ["PATH"], "SECRETS_FOLDER": str(tmp_path), "ENV": "environment"}
    entry = (ROOT / ".docker" / "with-secrets", "env")
    said = subprocess.run(entry, env=told, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {"ADMIN_KEYS=ann:a key", "ENV=environment"} <= set(said)
    assert not [line for line in said if line.startswith(("API_KEYS", "FOLDER", "note"))]
