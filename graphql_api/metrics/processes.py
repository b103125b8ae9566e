"""Several processes behind one port, told as one: whichever is asked adds up what all of them wrote down.

Each writes its numbers into one folder, again and again. What a process counted that has died stays counted, else the sum
would fall and look like a restart; what it held is gone with it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

SUFFIX = ".prom"
GONE_SECONDS = 10
"""A process that wrote nothing for so long holds nothing any more."""


class Processes:
    """The processes of one server, by the folder that they share; None: there is only this one."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def write(self, families: Iterable[Metric]) -> None:
        """Write down what this process counted. Whoever reads sees the old or the new, never a part."""
        if self._folder is not None:
            new = self._folder / f"{os.getpid()}.new"
            new.write_bytes(generate_latest(Drawn(families)))
            new.replace(self._folder / f"{os.getpid()}{SUFFIX}")

    def added_up(self, own: Iterable[Metric]) -> list[Metric]:
        """Add what the other processes wrote down to what this one knows of itself."""
        total: dict[str, Metric] = {}
        sums: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
        for family in (*own, *self._others()):
            total.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            summed = sums.setdefault(family.name, {})
            for sample in family.samples:
                key = sample.name, tuple(sorted(sample.labels.items()))
                summed[key] = summed.get(key, 0.0) + sample.value
        for name, family in total.items():
            family.samples = [
                Sample(sample, dict(labels), value) for (sample, labels), value in sums[name].items()
            ]
        return list(total.values())

    def _others(self) -> Iterator[Metric]:
        for path in sorted(self._folder.glob(f"*{SUFFIX}")) if self._folder else ():
            if path.stem != str(os.getpid()):
                is_there = path.stat().st_mtime > time.time() - GONE_SECONDS
                for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
                    if is_there or family.type != "gauge":
                        yield family


class Drawn(Collector):
    """Families that are there already, for encoders that want something that collects."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Return them."""
        return self._families
