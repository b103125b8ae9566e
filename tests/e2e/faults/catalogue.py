"""Every fault there is: importing a file of `cases` enters its faults, in the order of this list."""

from __future__ import annotations

from tests.e2e.faults.cases import (
    answering,
    crowding,
    database,
    killing,
    machine,
    network,
    orchestration,
    upstream,
)
from tests.e2e.faults.registry import CASES

__all__ = [
    "CASES",
    "answering",
    "crowding",
    "database",
    "killing",
    "machine",
    "network",
    "orchestration",
    "upstream",
]
