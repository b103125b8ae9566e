"""What the environment says about the whole, and what its processes are started with."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from flows.stack.environment import prefect_environment, stack_environment
from flows.stack.settings import StackSettings
from models.outcomes import Upstream


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in StackSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_a_word_everything_is_here_and_simulated(tmp_path: Path) -> None:
    settings = StackSettings()
    assert settings.upstream is Upstream.SANDBOX
    assert settings.kasparro_home == tmp_path / ".kasparro"
    assert (settings.api_port, settings.prefect_port, settings.sandbox_port) == (8000, 4200, 8900)
    assert (settings.etl_interval_seconds, settings.csv_update_interval_seconds) == (1320, 1200)


def test_live_is_short_for_its_upstream_and_has_a_database_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulated = StackSettings().database_name
    monkeypatch.setenv("LIVE", "1")
    settings = StackSettings()
    assert settings.upstream is Upstream.LIVE
    assert settings.database_name == "kasparro_live" != simulated


def test_dotenv_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("API_PORT=9001\nPREFECT_PORT=9002\n")
    monkeypatch.setenv("PREFECT_PORT", "9003")
    assert (StackSettings().api_port, StackSettings().prefect_port) == (9001, 9003)


@pytest.mark.parametrize(("name", "value"), [("API_PORT", "70000"), ("ETL_INTERVAL_SECONDS", "1")])
def test_wrong_settings_are_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        StackSettings()


def test_the_processes_find_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_PORT", "4321")
    monkeypatch.setenv("SANDBOX_PORT", "4322")
    environment = stack_environment(StackSettings())
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:4321/api"
    assert environment["PREFECT_SERVER_API_PORT"] == "4321"
    assert environment["SANDBOX_URL"] == "http://127.0.0.1:4322"
    assert Path(environment["KASPARRO_HOME"]).is_absolute()


def test_what_the_caller_sets_for_prefect_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_WORKER_QUERY_SECONDS", "7")
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect:4200/api/")
    environment = prefect_environment(StackSettings())
    assert environment["PREFECT_WORKER_QUERY_SECONDS"] == "7"
    assert environment["PREFECT_API_URL"] == "http://prefect:4200/api"
