"""What the load generator printed is read, and a round in which anything was refused is none."""

from __future__ import annotations

import pytest

from tests.benchmarks.asking.wrk import Shot, parse
from tests.benchmarks.errors import LoadError

PRINTED = """Running 1s test @ http://127.0.0.1:8000/graphql
  1 threads and 16 connections
  Requests/sec:    812.10

{"requests":1626,"microseconds":2002214,"p50":18250.0,"p99":41000.5,"refused":%d,"broken":%d}
"""


def test_the_last_line_says_everything() -> None:
    shot = parse(PRINTED % (0, 0))
    assert shot == Shot(1626, 2.002214, 18.25, 41.0005)
    assert shot.rps == pytest.approx(812.1, abs=0.1)


@pytest.mark.parametrize("wrong", [(3, 0), (0, 1)])
def test_refusals_and_broken_connections_fail_the_round(wrong: tuple[int, int]) -> None:
    with pytest.raises(LoadError):
        parse(PRINTED % wrong)


def test_without_a_result_what_was_printed_is_told() -> None:
    with pytest.raises(LoadError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1 Connection refused")


def test_a_round_with_few_answers_is_not_fair() -> None:
    assert Shot(192, 1.0, 1, 1).is_fair(64)
    assert not Shot(191, 1.0, 1, 1).is_fair(64)
