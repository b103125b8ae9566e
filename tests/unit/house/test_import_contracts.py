"""The import contracts bite: one violation of each, planted in a copy of the tree, is caught and named."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.house.tree import ROOMS, ROOT

VIOLATIONS = {
    "rooms": ("graphql_api.runs", "flows.errors"),
    "vault": ("models.tables.runs", "models.store.runs"),
    "workshop": ("flows.client", "flows.engine"),
    "window": ("graphql_api.schema", "graphql_api.transport.view"),
    "sources": ("flows.sources.coinpaprika", "flows.sources.coingecko"),
    "pure": ("flows.wire", "models.store.bulk"),  # seen through flows.sources, which import flows.wire
    "prefect": ("flows.pipeline", "prefect"),
    "sql": ("graphql_api.prices", "sqlalchemy"),
    "apart": ("flows.sandbox.market", "flows.fields"),
    "stranger": ("flows.sandbox.market", "models.records"),
}
"""Of each contract: a module that imports what it must not, and what."""


def lint_imports(tree: Path) -> str:
    """Run the command that `make lint` runs, on another tree, and return what it says."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    return done.stdout


def copy_of_the_tree(folder: Path) -> Path:
    """Copy what the contracts speak of, and the contracts."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


@pytest.fixture(scope="module")
def contracts() -> dict[str, str]:
    """Name of each contract by its id."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    prefix = "importlinter:contract:"
    return {part.removeprefix(prefix): parser[part]["name"] for part in parser if part.startswith(prefix)}


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Say what lint-imports says of a tree with every violation in it, as one line of single spaces."""
    tree = copy_of_the_tree(tmp_path_factory.mktemp("planted"))
    for importer, imported in VIOLATIONS.values():
        file = tree.joinpath(*importer.split(".")).with_suffix(".py")
        with file.open("a", encoding="utf-8") as text:
            text.write(f"\nimport {imported}\n")
    return " ".join(lint_imports(tree).split())


def test_the_tree_without_a_plant_keeps_every_contract(tmp_path: Path, contracts: dict[str, str]) -> None:
    said = lint_imports(copy_of_the_tree(tmp_path))
    assert f"{len(contracts)} kept, 0 broken" in said, said


def test_each_contract_has_its_violation(contracts: dict[str, str]) -> None:
    assert set(VIOLATIONS) == set(contracts)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_violation_is_caught(contract: str, contracts: dict[str, str], verdict: str) -> None:
    importer, imported = VIOLATIONS[contract]
    assert f"{contracts[contract]} BROKEN" in verdict
    section = verdict.split("Broken contracts", 1)[1].split(contracts[contract], 1)[1]
    others = [section.find(name) for name in contracts.values() if name in section]
    section = section[: min(others)] if others else section
    assert f"{importer} -> {imported}" in section


def test_a_module_without_a_place_is_caught(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    (tree / "flows" / "stray.py").write_text('"""A module that nobody gave a place."""\n', encoding="utf-8")
    said = lint_imports(tree)
    assert "not listed as layers" in said
    assert "flows.stray" in said
