"""The planner's way and Strawberry's own give the same answer to whatever can be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import psycopg
import pytest
from graphql import GraphQLObjectType
from hypothesis import HealthCheck, given, settings
from starlette.requests import Request

from graphql_api.context import Context, Services
from graphql_api.planner.plans import REFUSED, Planner
from graphql_api.planner.selections import Unplannable
from graphql_api.scalars import encode_exactly
from graphql_api.schema import schema
from models.db import Sessions, address_of
from tests.integration.api.client import OFFLINE, asked
from tests.operations import operations

QUERY = schema._schema.query_type  # noqa: SLF001 - Strawberry's only door to graphql-core's schema
assert isinstance(QUERY, GraphQLObjectType)


@dataclass(frozen=True, slots=True)
class TwoWays:
    """The same world asked in both ways."""

    services: Services
    connection: psycopg.AsyncConnection[Any]
    planner: Planner

    def context(self) -> Context:
        """Make the context of a request from this machine."""
        scope = {
            "type": "http", "method": "POST", "path": "/graphql", "headers": [(b"host", b"127.0.0.1")],
            "query_string": b"", "client": ("127.0.0.1", 1), "state": {"request_id": "r"},
        }  # fmt: skip
        return Context(Request(scope), self.services)

    async def ask(self, text: str, variables: dict[str, Any]) -> bool:
        """Ask in both ways, from one moment; tell whether the planner answered. Fails where they differ.

        What the planner refuses need not be an error: below an empty list Strawberry looks at no argument.
        """
        context = self.context()
        try:
            mine = await self._mine(text, variables, context)
            result = await schema.execute(text, variable_values=variables, context_value=context)
        finally:
            await context.close()
        if mine is None:
            return False
        assert not result.errors, result.errors
        assert mine == orjson.loads(encode_exactly(result.data)), text
        return True

    async def _mine(self, text: str, variables: dict[str, Any], context: Context) -> Any:  # noqa: ANN401 - any JSON
        try:
            planned = self.planner.plan(text, None, variables, context, OFFLINE.query_cost_limit)
        except Unplannable as reason:
            if str(reason) != REFUSED:
                raise
            return None
        return await self._run(planned.sql, planned.values)

    async def _run(self, sql: bytes, values: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
        cursor = psycopg.AsyncRawCursor(self.connection)
        try:
            await cursor.execute(sql, values)
        except psycopg.DataError:
            return None
        assert cursor.pgresult is not None
        is_answer = cursor.pgresult.get_value(0, 1) == b"t"
        return orjson.loads(cursor.pgresult.get_value(0, 0) or b"") if is_answer else None


@pytest.fixture(scope="module")
async def ways(world: Sessions) -> AsyncIterator[TwoWays]:
    """Both ways into the world."""
    url = address_of(world.kw["bind"].url)
    async with (
        asked(world, OFFLINE) as api,
        await psycopg.AsyncConnection.connect(url, autocommit=True, options="-c timezone=UTC") as connection,
    ):
        yield TwoWays(api.services, connection, Planner(schema))


answered: Counter[bool] = Counter()


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(asked=operations(QUERY))
async def test_any_operation_has_the_same_answer_both_ways(
    ways: TwoWays, asked: tuple[str, dict[str, Any]]
) -> None:
    answered[await ways.ask(*asked)] += 1


async def test_most_operations_were_answered_by_the_planner() -> None:
    assert answered[True] > answered[False], answered
