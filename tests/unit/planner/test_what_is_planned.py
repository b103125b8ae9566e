"""Which operations the planner takes, and for which reasons it leaves the others to Strawberry."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from graphql import GraphQLObjectType, get_named_type

from graphql_api.planner import plans
from graphql_api.planner.plans import DOCUMENT_AT_MOST, Planned, Planner
from graphql_api.planner.selections import KEY_AT_MOST, Unplannable, method_of
from graphql_api.schema import schema
from models.queries.runs import Reader

NOW = datetime(2026, 1, 31, tzinfo=UTC)
CONTEXT = SimpleNamespace(
    now=NOW, stale_before=NOW - timedelta(hours=2), reader=Reader(NOW, "http://127.0.0.1:4200")
)
MOST = 100_000
CORE = schema._schema  # noqa: SLF001 - Strawberry's only door to graphql-core's schema


@pytest.fixture(scope="module")
def planner() -> Planner:
    """A planner of its own."""
    return Planner(schema)


def _plan(planner: Planner, text: str, **variables: object) -> Planned:
    return planner.plan(text, None, variables, CONTEXT, MOST)


def test_every_field_that_can_be_read_is_planned() -> None:
    left, seen, ahead = [], set(), [CORE.query_type]
    while ahead:
        kind = ahead.pop()
        assert isinstance(kind, GraphQLObjectType)
        seen.add(kind.name)
        for name, field in kind.fields.items():
            try:
                method_of(field)
            except Unplannable:
                left.append(f"{kind.name}.{name}")
            below = get_named_type(field.type)
            if isinstance(below, GraphQLObjectType) and below.name not in seen:
                ahead.append(below)
    assert left == []
    assert {"Asset", "Quote", "Run", "PriceInput", "LinkExplanation", "Notification"} <= seen


LEFT = [
    ("mutation { triggerRun { name } }", "mutation"),
    ("subscription { runUpdates { id } }", "subscription"),
    ("{ __schema { queryType { name } } }", "introspection"),
    (f"{{ {'a' * (KEY_AT_MOST + 1)}: datasetVersion }}", "a long alias"),
    ("{ datasetVersion }" + " " * DOCUMENT_AT_MOST, "a long document"),
    ("{ nothing }", "refused"),
    ("{ datasetVersion", "refused"),
    ("{ assets(first: 0) { totalCount } }", "refused"),
    ('{ assets(after: "nonsense") { totalCount } }', "refused"),
    ("{ assets(first: 250) { nodes { links(first: 250) { source sourceId } } } }", "refused"),
    ("query A { datasetVersion } query B { datasetVersion }", "refused"),
    ("query ($first: Int!) { assets(first: $first) { totalCount } }", "refused"),
    ("fragment F on Query { datasetVersion }", "refused"),
]


@pytest.mark.parametrize(("text", "reason"), LEFT)
def test_what_is_left_to_strawberry_has_a_reason(planner: Planner, text: str, reason: str) -> None:
    with pytest.raises(Unplannable) as left:
        _plan(planner, text)
    assert str(left.value) == reason


def test_an_operation_is_chosen_by_its_name(planner: Planner) -> None:
    text = "query A { datasetVersion } query B { upstream }"
    planned = planner.plan(text, "B", None, CONTEXT, MOST)
    assert b"upstream" in planned.sql
    with pytest.raises(Unplannable, match="refused"):
        planner.plan(text, "C", None, CONTEXT, MOST)


def test_a_client_says_values_alone(planner: Planner) -> None:
    said = "'; DROP TABLE assets; --"
    planned = _plan(planner, "query ($uid: String!) { asset(uid: $uid) { name } }", uid=said)
    assert said not in planned.sql.decode()
    assert said in planned.values
    literal = _plan(planner, f'{{ asset(uid: "{said}") {{ name }} }}')
    assert said not in literal.sql.decode()
    assert said in literal.values


def test_one_statement_serves_all_values_of_one_shape(planner: Planner) -> None:
    text = "query ($filter: AssetFilter, $n: Int) { assets(filter: $filter, first: $n) { nodes { uid } } }"
    one = _plan(planner, text, filter={"symbol": "BTC"}, n=1)
    same = _plan(planner, text, filter={"symbol": "ETH"}, n=1)
    assert one.sql == same.sql
    assert one.values != same.values
    others = (({"symbol": "BTC", "stale": True}, 1), ({"nameContains": "BTC"}, 1), ({"symbol": "BTC"}, 2))
    for wanted, size in others:
        assert _plan(planner, text, filter=wanted, n=size).sql != one.sql


def test_only_what_publications_are_about_may_be_kept(planner: Planner) -> None:
    assert _plan(
        planner, "{ assets { nodes { uid quotes { priceUsd } history { priceUsd } } } }"
    ).is_published
    assert not _plan(planner, "{ datasetVersion runs { nodes { id } } }").is_published
    assert not _plan(planner, "{ sources { name state } }").is_published
    assert _plan(planner, "{ market { marketCapUsd sources } }").is_published


def test_documents_take_no_more_memory_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "DOCUMENTS_AT_MOST", 4_000)
    monkeypatch.setattr(plans, "STATEMENTS_AT_MOST", 100_000)
    planner, held = Planner(schema), []
    tracemalloc.start()
    for number in range(600):
        _plan(planner, f"{{ d{number}: datasetVersion }}")
        if number % 300 == 299:
            gc.collect()  # what documents are parsed into goes round in circles
            held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert held[1] - held[0] < 100_000
