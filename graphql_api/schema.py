"""The schema: every noun brings its part, here they only come together."""

from __future__ import annotations

from pathlib import Path

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from graphql_api.alerts import AlertMutation, AlertQuery
from graphql_api.asset_queries import AssetQuery
from graphql_api.backfills import BackfillMutation
from graphql_api.checkpoints import CheckpointQuery
from graphql_api.coverage import CoverageQuery
from graphql_api.currencies import CurrencyQuery
from graphql_api.dataset import DatasetQuery
from graphql_api.decisions import DecisionMutation, DecisionQuery
from graphql_api.etl import EtlMutation
from graphql_api.holds import HoldMutation, HoldQuery
from graphql_api.limits import Limits
from graphql_api.market import MarketQuery
from graphql_api.prices import PriceQuery
from graphql_api.records import RecordQuery
from graphql_api.reviews import ReviewQuery
from graphql_api.runs import RunQuery
from graphql_api.scalars import SCALARS
from graphql_api.search import SearchQuery
from graphql_api.sources import SourceQuery
from graphql_api.subscriptions import Subscription
from graphql_api.updating import Executing

SDL_PATH = Path(__file__).with_name("schema.graphql")


@strawberry.type(description="What can be asked.")
class Query(
    AssetQuery,
    SearchQuery,
    PriceQuery,
    CoverageQuery,
    MarketQuery,
    CurrencyQuery,
    SourceQuery,
    RunQuery,
    CheckpointQuery,
    RecordQuery,
    DatasetQuery,
    ReviewQuery,
    DecisionQuery,
    HoldQuery,
    AlertQuery,
):
    """What can be asked."""


@strawberry.type(description="What can be done.")
class Mutation(EtlMutation, BackfillMutation, DecisionMutation, HoldMutation, AlertMutation):
    """What can be done."""


class QuietSchema(strawberry.Schema):
    """A schema that leaves logging to the view, which knows what nobody foresaw from what a client did."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log nothing."""


schema = QuietSchema(
    Query,
    Mutation,
    Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[Limits],
    execution_context_class=Executing,
)


def print_sdl() -> str:
    """Print the schema as the file `schema.graphql` has it."""
    return schema.as_str().rstrip() + "\n"
