"""What one request may ask: tokens, depth, aliases and cost, each refused with the number and the limit.

Tokens are counted by the parser itself. Strawberry's limiters of depth and aliases write every fragment out, which a
few hundred characters make take years; here a fragment is measured once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError, NoSchemaIntrospectionCustomRule
from strawberry.extensions import SchemaExtension

from graphql_api.context import Context
from graphql_api.cost import ALIASES_AT_MOST, DEPTH_AT_MOST, TOKENS_AT_MOST, cost, shape
from graphql_api.errors import TooComplex
from graphql_api.metrics.names import ANONYMOUS, OPERATION
from graphql_api.settings import ApiSettings

GAVE_UP = "aborted."
"""How the parser's and the validator's own limits end their messages."""


class Limits(SchemaExtension):
    """Refuses what asks too much before the database is asked, and reports the cost in `extensions.cost`."""

    _cost: int | None = None

    @property
    def _context(self) -> Context:
        context: Context = self.execution_context.context
        return context

    @property
    def _settings(self) -> ApiSettings:
        return self._context.settings

    def on_operation(self) -> Iterator[None]:
        """Tell the parser how long a document may be, and the validator whether it may ask about the schema."""
        self.execution_context.parse_options["max_tokens"] = TOKENS_AT_MOST
        if not self._settings.shows_docs:
            self.execution_context.validation_rules += (NoSchemaIntrospectionCustomRule,)
        yield

    def on_parse(self) -> Iterator[None]:
        """Measure what was read, before validation takes its time with it."""
        yield
        self._refuse_where_given_up()
        document = self.execution_context.graphql_document
        if document is None:
            return
        size = shape(document)
        if size.depth > DEPTH_AT_MOST:
            raise TooComplex(f"The query is {size.depth} levels deep, {DEPTH_AT_MOST} are allowed.")
        if size.aliases > ALIASES_AT_MOST:
            raise TooComplex(f"The query has {size.aliases} aliases, {ALIASES_AT_MOST} are allowed.")

    def on_validate(self) -> Iterator[None]:
        """Reckon what a valid document costs, together with what came before it in the same batch."""
        yield
        self._refuse_where_given_up()
        document, name = self.execution_context.graphql_document, self.execution_context.operation_name
        if self.execution_context.pre_execution_errors or document is None:
            return
        self._context.request.scope["state"].setdefault(OPERATION, name or ANONYMOUS)
        self._cost = cost(
            self.execution_context.schema._schema,  # noqa: SLF001 - Strawberry's only door to graphql-core's schema
            document,
            name,
            self.execution_context.variables,
        )
        self._context.cost += self._cost
        if self._context.cost > self._settings.query_cost_limit:
            raise TooComplex(
                f"The request costs {self._context.cost}, {self._settings.query_cost_limit} are allowed: each "
                "field counts once for every row it may be asked of. Ask for smaller pages or fewer fields."
            )

    def get_results(self) -> dict[str, Any]:
        """Report the cost."""
        return {} if self._cost is None else {"cost": self._cost}

    def _refuse_where_given_up(self) -> None:
        errors: list[GraphQLError] = self.execution_context.pre_execution_errors or []
        if len(errors) == 1 and errors[0].message.endswith(GAVE_UP):
            raise TooComplex(errors[0].message)
