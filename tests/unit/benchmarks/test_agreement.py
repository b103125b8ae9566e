"""Contenders may spell an answer otherwise, but must say the same."""

from __future__ import annotations

import pytest

from tests.benchmarks.asking.agreement import require_agreement, require_rows
from tests.benchmarks.errors import DisagreementError

OURS = {
    "assets": {
        "nodes": [
            {"uid": "a", "rank": 1, "price": {"priceUsd": "1.50"}, "updatedAt": "2026-11-01T12:00:00Z"},
            {"uid": "b", "rank": None, "price": {"priceUsd": None}, "updatedAt": "2026-11-01T12:00:00.5Z"},
        ]
    }
}


def theirs(**changed: object) -> dict[str, object]:
    """Say the same in PostGraphile's way, but for what is told."""
    first = {"uid": "a", "rank": 1, "priceUsd": "1.5", "updatedAt": "2026-11-01T12:00:00+00:00"}
    second = {"uid": "b", "rank": None, "priceUsd": None, "updatedAt": "2026-11-01T12:00:00.500000+00:00"}
    return {"assets": [first, second | changed]}


def test_another_spelling_of_the_same_is_no_difference() -> None:
    require_agreement("they", "Q1", OURS, theirs())


def test_cursors_and_what_is_of_one_request_are_not_compared() -> None:
    ours = {
        "edges": [{"cursor": "x", "node": {"uid": "a"}}],
        "pageInfo": {"endCursor": "x", "hasNextPage": True},
    }
    other = {
        "edges": [{"cursor": "y", "node": {"uid": "a"}}],
        "pageInfo": {"endCursor": "y", "hasNextPage": True},
    }
    require_agreement("they", "Q5", ours, other)
    require_agreement("they", "/data", {"data": [1.5], "meta": {"id": 1}}, {"data": [1.5], "meta": {"id": 2}})


@pytest.mark.parametrize(
    "changed", [{"rank": 0}, {"priceUsd": "0"}, {"uid": "c"}, {"updatedAt": "2026-11-01T12:00:01Z"}, {"more": 1}]
)  # fmt: skip
def test_any_other_value_is_told_with_its_place(changed: dict[str, object]) -> None:
    with pytest.raises(DisagreementError, match=r"they answers Q1 .* answer\.assets\[1\]"):
        require_agreement("they", "Q1", OURS, theirs(**changed))


def test_an_answer_must_hold_what_the_question_is_about() -> None:
    require_rows("Q1", OURS, 2)
    require_rows("Q3", {"asset": {"uid": "a"}}, 0)
    with pytest.raises(DisagreementError, match="with 2 rows, not 3"):
        require_rows("Q1", OURS, 3)
    with pytest.raises(DisagreementError, match="or with nothing"):
        require_rows("Q3", {"asset": None}, 0)


def test_a_missing_row_is_a_difference() -> None:
    with pytest.raises(DisagreementError, match="list of 0, not list of 2"):
        require_agreement("they", "Q1", OURS, {"assets": []})
