"""The list of doors, and what prefect.yaml promises about schedules."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.stack.deployments import fingerprint
from flows.stack.doors import POSTGRES, the_doors
from flows.stack.prefect_worker import NICENESS
from flows.stack.settings import StackSettings
from models.outcomes import Upstream

NICEST = 19
PROJECT = Path(__file__).resolve().parents[3]


def deployments() -> dict[str, dict[str, Any]]:
    content = yaml.safe_load((PROJECT / "prefect.yaml").read_text())
    return {deployment["name"]: deployment for deployment in content["deployments"]}


@pytest.mark.parametrize("upstream", Upstream)
def test_nothing_stops_before_what_depends_on_it(upstream: Upstream) -> None:
    doors = the_doors(StackSettings(upstream=upstream, live=False))
    before = {POSTGRES}
    for door in doors:  # stopped in reverse
        assert before.issuperset(door.needs), door.name
        before.add(door.name)


def test_the_sandbox_is_a_door_only_where_it_is_the_upstream() -> None:
    names = {
        upstream: [door.name for door in the_doors(StackSettings(upstream=upstream, live=False))]
        for upstream in Upstream
    }
    assert "sandbox" in names[Upstream.SANDBOX]
    assert "sandbox" not in names[Upstream.LIVE]


def test_every_port_names_the_variable_that_moves_it() -> None:
    ports = {
        door.port: door.port_variable
        for door in the_doors(StackSettings(upstream=Upstream.SANDBOX))
        if door.port
    }
    settings = StackSettings()
    for port, variable in ports.items():
        assert getattr(settings, variable.lower()) == port


def test_scheduled_deployments_skip_and_the_others_wait() -> None:
    for name, deployment in deployments().items():
        limit = deployment["concurrency_limit"]
        assert limit["limit"] == 1
        assert limit["collision_strategy"] == ("CANCEL_NEW" if deployment.get("schedules") else "ENQUEUE"), (
            name
        )


def test_the_two_schedules_never_begin_together() -> None:
    (etl,), (csv,) = (deployments()[name]["schedules"] for name in ("etl", "refresh-csv"))
    assert (etl["interval"], csv["interval"]) == (
        StackSettings.model_fields["etl_interval_seconds"].default,
        StackSettings.model_fields["csv_update_interval_seconds"].default,
    )
    apart = datetime.fromisoformat(etl["anchor_date"]) - datetime.fromisoformat(csv["anchor_date"])
    assert apart.total_seconds() % math.gcd(etl["interval"], csv["interval"])


def test_every_entrypoint_is_a_module_path_to_a_function_that_is_there() -> None:
    for deployment in deployments().values():
        module, _, function = deployment["entrypoint"].rpartition(".")
        source = (PROJECT / f"{module.replace('.', '/')}.py").read_text()
        assert f"def {function}(" in source


def test_what_is_deployed_changes_with_the_file_and_the_flows(tmp_path: Path) -> None:
    flow, listing = tmp_path / "one.py", tmp_path / "prefect.yaml"
    listing.write_text("deployments:\n  - name: one\n    entrypoint: one.flow\n")
    flow.write_text("def flow(): ...")
    first, entrypoints = fingerprint(tmp_path)
    assert entrypoints == {"one.flow"}
    assert fingerprint(tmp_path)[0] == first
    flow.write_text("def flow(number: int): ...")
    second = fingerprint(tmp_path)[0]
    listing.write_text(listing.read_text() + "    tags: [new]\n")
    assert len({first, second, fingerprint(tmp_path)[0]}) == 3


def test_a_run_gives_way_to_readers() -> None:
    code = "import os; from flows.stack.prefect_worker import give_way; give_way(); print(os.nice(0))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(said.stdout) == min(os.nice(0) + NICENESS, NICEST)
