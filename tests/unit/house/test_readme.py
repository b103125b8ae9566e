"""The README names everything a reader can reach, and nothing that is not there."""

from __future__ import annotations

import re
import shlex

import pytest
import yaml
from graphql import GraphQLSchema, build_schema

from flows.sources import REGISTRY
from graphql_api.rest.routes import ROUTES
from tests.unit.house.tree import ROOT, blocks, make_targets, readme

LINES_AT_MOST = 200


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The schema as it is exported."""
    return build_schema((ROOT / "graphql_api" / "schema.graphql").read_text(encoding="utf-8"))


def commands() -> list[list[str]]:
    """List the commands of the README's `console` blocks, without the shell's redirections and variables."""
    lines = [line for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]
    return [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]


def test_it_can_be_read_in_one_sitting() -> None:
    assert len(readme().splitlines()) <= LINES_AT_MOST


@pytest.mark.parametrize("path", sorted({re.sub(r":\w+", "", route.path) for route in ROUTES}))
def test_every_endpoint_is_named(path: str) -> None:
    assert path in readme()


def test_every_root_field_is_named(schema: GraphQLSchema) -> None:
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    fields = [field for root in roots if root for field in root.fields]
    assert [field for field in fields if f"`{field}`" not in readme()] == []


@pytest.mark.parametrize("name", REGISTRY)
def test_every_source_is_named(name: str) -> None:
    assert f"`{name}`" in readme()


def test_every_make_target_is_named() -> None:
    assert [target for target in make_targets() if f"make {target}" not in readme()] == []


def test_every_deployment_is_named() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert [one["name"] for one in deployments if f"`{one['name']}`" not in readme()] == []


def test_make_targets_that_it_names_exist() -> None:
    named = {
        target
        for command in commands()
        if command[0] == "make"
        for target in command[1:]
        if "=" not in target
    }
    named |= set(re.findall(r"`make ([a-z0-9-]+)", readme()))
    assert named <= make_targets()
