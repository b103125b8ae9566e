"""Ratios are of rounds that lie side by side, and the report says what it was not told, too."""

from __future__ import annotations

from typing import Any

import pytest

from tests.benchmarks.asking.questions import QUESTIONS, Dialect
from tests.benchmarks.asking.wrk import Shot
from tests.benchmarks.contenders.roster import COLD, PEER
from tests.benchmarks.measures.load import CHANGED, COPIED, POINTS, POINTS_COPIED, Loading
from tests.benchmarks.measures.read import Key, Measured, Reading
from tests.benchmarks.measures.scaling import Scaling, asked
from tests.benchmarks.measures.unseen import never_sent
from tests.benchmarks.plan import FULL, QUICK
from tests.benchmarks.report import record
from tests.benchmarks.report.goals import GOALS
from tests.benchmarks.report.pages import draw, figure, table


def measured(rps: float) -> Measured:
    """One second of that many answers."""
    return Measured(Shot(round(rps), 1.0, 1.0, 2.0), 0.5, None)


@pytest.fixture
def reading() -> Reading:
    """Three rounds, the second of them on a machine that was busy with something else."""
    found = Reading()
    for connections in QUICK.connections:
        for question in QUESTIONS:
            found.rounds[Key(COLD.name, question.name, connections)] = [measured(n) for n in (300, 30, 310)]
            found.rounds[Key(PEER.name, question.name, connections)] = [measured(n) for n in (100, 10, 100)]
    found.rss_mb = {COLD.name: 90.0}
    return found


def everything(reading: Reading) -> dict[str, Any]:
    """A record with every part that needs no machine."""
    loading = Loading()
    loading.rows_per_second |= {CHANGED: [60.0], COPIED: [100.0], POINTS: [40.0], POINTS_COPIED: [100.0]}
    scaling = Scaling()
    for number, size in enumerate(QUICK.scales, 1):
        for name in ("Q3", "Q4", "Q5"):
            scaling.p50_ms[size, name] = [float(number)]
            scaling.buffers[size, name] = 6 * number
    return {
        **record.of_reading(reading, QUICK),
        **record.of_loading(loading),
        **record.of_scaling(scaling, QUICK),
        "machine": {"CPU": "two"},
    }


def test_a_ratio_is_the_median_of_the_rounds_ratios(reading: Reading) -> None:
    assert reading.ratio("Q1", 64, COLD.name, PEER.name) == 3
    assert reading.ratio("Q1", 64, COLD.name, "nobody") is None


def test_results_have_the_form_that_others_read(reading: Reading) -> None:
    told = everything(reading)
    assert told["cold"]["Q1"]["rps"] == 300
    assert told["cold"]["Q1"]["vs_postgraphile"] == 3
    assert told["warm"]["Q5"]["vs_postgraphile"] is None
    assert told["load"].keys() >= {"quotes_vs_copy", "quotes_vs_dlt", "points_vs_copy"}
    assert told["load"]["quotes_vs_copy"] == 0.6
    assert told["load"]["quotes_vs_dlt"] is None


def test_goals_tell_reached_from_missed_and_from_not_measured(reading: Reading) -> None:
    page = draw(everything(reading))
    assert "| cold, the median question: times PostGraphile's | ≥ 3 | 3 | yes |" in page
    assert "| history: part of raw COPY's rows a second | ≥ 0.5 | 0.4 | **no** |" in page
    assert "| a whole run, peak memory in MB | ≤ 200 | - | not measured |" in page


def test_nothing_measured_is_a_page_all_the_same() -> None:
    page = draw({"absent": {"PostGraphile 5": "npm is not installed"}})
    assert "PostGraphile 5 did not take part: npm is not installed" in page
    assert page.count("not measured") == len(GOALS)


def test_figures_are_short() -> None:
    assert [figure(value) for value in (None, 0.12345, 3.456, 123.4, 23456.7)] == [
        "-", "0.123", "3.46", "123", "23,457",
    ]  # fmt: skip
    assert table(["", "a"], [["b", "1"]]) == "|  | a |\n| --- | ---: |\n| b | 1 |"


def test_pages_are_carried_on_by_tenfolds() -> None:
    assert record.extrapolated((10**6, 10), (10**7, 12)) == 14
    assert record.extrapolated((10**6, 10), (10**7, 20), to=10**9) == 40
    assert record.extrapolated((10**6, 10), (10**7, 9)) == 9


def test_a_document_is_new_each_time_and_asks_the_same() -> None:
    for question in QUESTIONS[:3]:
        for dialect in Dialect:
            document = question.documents[dialect]
            one, other = never_sent(document, 1), never_sent(document, 2)
            assert one != other
            assert one.replace("never1: ", "") == document


def test_markets_are_compared_by_questions_that_both_answer_in_full() -> None:
    for plan in (FULL, QUICK):
        last = plan.scales[-1]
        least = next(size for size in plan.scales if size.assets == last.assets)
        assert "Q4" in asked(least)
        assert "Q4" in asked(last)
        assert last.points == 10 * least.points


def test_both_plans_measure_at_least_three_rounds_and_the_headline() -> None:
    for plan in (FULL, QUICK):
        assert min(plan.rounds, plan.scaling_rounds) >= 3
        assert plan.headline in plan.connections
