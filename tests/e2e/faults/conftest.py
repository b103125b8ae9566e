"""One world for all tests of faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.faults.world import World, open_world


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world to break, put back to its beginning before each trial."""
    with open_world(tmp_path_factory.mktemp("world")) as one:
        yield one
