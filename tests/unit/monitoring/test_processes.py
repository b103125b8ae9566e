"""Several processes are told as one: what they counted is added up for ever, what they hold for as long as they live."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from graphql_api.metrics.processes import GONE_SECONDS, SUFFIX, Drawn, Processes


def _families(*, planned: int, kept: int, refused: str = "BAD") -> Iterator[Metric]:
    yield CounterMetricFamily("planned", "Planned.", planned)
    yield GaugeMetricFamily("kept", "Kept.", kept)
    errors = CounterMetricFamily("errors", 'Errors, "told".', labels=["code"])
    errors.add_metric([refused], 1)
    yield errors
    seconds = HistogramMetricFamily("seconds", "Seconds.", labels=["operation"])
    seconds.add_metric(["a"], [("0.1", 1.0), ("+Inf", 2.0)], 5.0)
    yield seconds


def _samples(families: Iterable[Metric]) -> dict[tuple[str, ...], float]:
    return {
        (each.name, *sorted(each.labels.values())): each.value for one in families for each in one.samples
    }


def _write(folder: Path, name: str, *, planned: int, kept: int, refused: str = "BAD") -> Path:
    path = folder / f"{name}{SUFFIX}"
    path.write_bytes(generate_latest(Drawn(_families(planned=planned, kept=kept, refused=refused))))
    return path


def test_what_others_wrote_is_added_to_what_this_one_knows(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.write(
        _families(planned=1_000, kept=1_000)
    )  # what was written last second counts no second time
    _write(tmp_path, "1", planned=10, kept=100, refused='WITH "QUOTES"')
    summed = list(processes.added_up(_families(planned=1, kept=2)))
    assert _samples(summed) == {
        ("planned_total",): 11,
        ("kept",): 102,
        ("errors_total", "BAD"): 1,
        ("errors_total", 'WITH "QUOTES"'): 1,
        ("seconds_bucket", "0.1", "a"): 2,
        ("seconds_bucket", "+Inf", "a"): 4,
        ("seconds_count", "a"): 4,
        ("seconds_sum", "a"): 10,
    }
    assert b'errors_total{code="WITH \\"QUOTES\\""} 1.0' in generate_latest(Drawn(summed))
    assert [path.name for path in tmp_path.glob(f"{os.getpid()}*")] == [f"{os.getpid()}{SUFFIX}"]


def test_what_a_process_counted_outlives_it_and_what_it_held_does_not(tmp_path: Path) -> None:
    gone = _write(tmp_path, "1", planned=10, kept=100)
    past = gone.stat().st_mtime - 2 * GONE_SECONDS
    os.utime(gone, (past, past))
    summed = _samples(Processes(tmp_path).added_up(_families(planned=1, kept=2)))
    assert (summed["planned_total",], summed["kept",]) == (11, 2)


def test_one_process_alone_writes_nothing() -> None:
    alone = Processes(None)
    alone.write(_families(planned=1, kept=2))
    families = list(_families(planned=1, kept=2))
    assert _samples(alone.added_up(families)) == _samples(families)
