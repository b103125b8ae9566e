"""Validating in half the time finds the same documents valid as graphql-core does."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graphql_api.planner.validating import is_valid
from graphql_api.schema import schema
from tests.operations import operations

CORE = schema._schema  # noqa: SLF001 - Strawberry's only door to graphql-core's schema
assert isinstance(CORE.query_type, GraphQLObjectType)
WORD = re.compile(r"\w+|[!$@]")
found: Counter[bool] = Counter()


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(asked=operations(CORE.query_type), data=st.data())
def test_broken_documents_are_found_broken(asked: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    text, _ = asked
    words = list(WORD.finditer(text))
    for _ in range(data.draw(st.integers(0, 2))):
        gone, other = (data.draw(st.sampled_from(words)) for _ in range(2))
        text = text[: gone.start()] + other.group() + text[gone.end() :]
    try:
        document = parse(text)
    except GraphQLError:
        return
    expected = not validate(CORE, document)
    assert is_valid(CORE, document) is expected, text
    found[expected] += 1


def test_both_kinds_were_among_them() -> None:
    assert found[True] > 20, found
    assert found[False] > 20, found
