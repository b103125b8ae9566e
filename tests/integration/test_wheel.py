"""The wheel, in an environment of its own and away from the checkout: all that the three doors need is in it."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import empty_database

PROJECT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).parent / "uv"
WHERE = """
from pathlib import Path
import flows, graphql_api.schema, models
from flows.stack.settings import project_folder
print(flows.__file__, models.__file__, graphql_api.schema.SDL_PATH, project_folder() / "prefect.yaml", sep="\\n")
"""


@dataclass(frozen=True)
class Installed:
    """An environment that the wheel was installed into, and an empty folder to stand in."""

    python: Path
    folder: Path

    def run(self, *words: str, **environment: str) -> str:
        """Run its Python and return what it prints."""
        told = {"PATH": os.environ["PATH"], **environment}
        command = [str(self.python), *words]
        done = subprocess.run(command, cwd=self.folder, env=told, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel as it is built now. What it depends on comes from the environment of the tests, without a network."""
    root = tmp_path_factory.mktemp("wheel")
    python = root / "venv" / "bin" / "python"
    for words in (
        ("build", "--wheel", "--offline", "--out-dir", str(root), str(PROJECT)),
        ("venv", "--offline", "--python", sys.executable, str(root / "venv")),
    ):
        subprocess.run([UV, "--quiet", *words], check=True)
    (wheel,) = root.glob("*.whl")
    subprocess.run(
        [UV, "--quiet", "pip", "install", "--offline", "--no-deps", "--python", python, wheel], check=True
    )
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = root / "venv" / "lib" / version / "site-packages"
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    folder = root / "elsewhere"
    folder.mkdir()
    return Installed(python, folder)


def test_everything_comes_from_the_wheel(installed: Installed) -> None:
    places = [Path(line) for line in installed.run("-c", WHERE).splitlines()]
    assert len(places) == 4
    for place in places:
        assert place.is_file()
        assert place.is_relative_to(installed.python.parents[1])


@pytest.mark.parametrize("room", ["models", "flows", "graphql_api"])
def test_every_door_says_which_version_it_is(installed: Installed, room: str) -> None:
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    assert installed.run("-m", room, "--version").strip() == version


def test_it_brings_its_migrations(installed: Installed, postgres_url: str) -> None:
    with empty_database(postgres_url) as url:
        installed.run("-m", "models", "upgrade", DATABASE_URL=url)
        assert "are the ones of the code" in installed.run("-m", "models", "check", DATABASE_URL=url)
