"""How often the matcher is right and wrong, beside the obvious rules, on the same lists in the same run.

The table that is printed stands in the README and in docs/matching.md. Run: `pytest tests/benchmarks/matching/test_accuracy.py -s`.
"""

from pathlib import Path

import pytest

from tests.benchmarks.matching.baselines import RULES
from tests.benchmarks.matching.recorded_cases import ABSENT, CASES, RECORDED, Score, accepted, score

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "docs" / "matching.md"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not RECORDED.is_dir(), reason=ABSENT)]


def measured() -> dict[str, dict[str, Score]]:
    """Score the matcher and every obvious rule on every case."""
    found = {}
    for case in CASES:
        left, right = case.lists()
        rules = {"Kasparro": accepted, **RULES}
        found[case.name] = {name: score(rule(left, right), case.known()) for name, rule in rules.items()}
    return found


def table_of(found: dict[str, dict[str, Score]]) -> str:
    """Write the table as the README shows it: per cent right / wrong of the pairs known."""
    heads = ["% right / wrong", *(f"{case} ({scores['Kasparro'].pairs})" for case, scores in found.items())]
    rules = [[rule, *(str(scores[rule]) for scores in found.values())] for rule in ("Kasparro", *RULES)]
    lines = [heads, ["---"] * len(heads), *rules]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def test_the_matcher_is_better_than_the_obvious_rules_and_the_pages_say_how_much() -> None:
    found = measured()
    table = table_of(found)
    print(f"\n{table}")  # noqa: T201 - a benchmark tells
    for case, scores in found.items():
        ours = scores.pop("Kasparro")
        for rule, theirs in scores.items():
            assert ours.wrong <= theirs.wrong, f"{case}: {rule} is wrong less often"
            assert ours.right >= theirs.right - 1, f"{case}: {rule} is right more often"
    for page in PAGES:
        assert table in page.read_text(encoding="utf-8"), page.name
