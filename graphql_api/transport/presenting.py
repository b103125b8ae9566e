"""How a client is told of an error in GraphQL: with a code, and of what nobody foresaw no more than its request id."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from graphql import GraphQLError, GraphQLFormattedError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from graphql_api.context import Context
from graphql_api.errors import ApiError, BadUserInput, masked

LONGEST_MESSAGE = 1000

log = structlog.get_logger(__name__)


def present(errors: Sequence[GraphQLError] | None, context: Context) -> list[GraphQLError] | None:
    """Give every error a code, and mask those that nobody meant to show: they are logged whole. All are counted."""
    if not errors:
        return None
    presented = [_presentable(error, context.request_id) for error in errors]
    context.services.counters.errors.update(str((error.extensions or {})["code"]) for error in presented)
    return presented


def formatted(error: ApiError) -> GraphQLFormattedError:
    """Spell an error of ours as GraphQL spells errors."""
    return {"message": str(error), "extensions": {"code": error.code}}


def cause_of(error: GraphQLError) -> Exception:
    """Find what was raised first."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    return cause


def _presentable(error: GraphQLError, request_id: str) -> GraphQLError:
    cause = cause_of(error)
    match cause:
        case ApiError():
            code, message = cause.code, error.message
        case InvalidOperationTypeError():
            code, message = BadUserInput.code, f"{error.message} here: send them with POST."
        case GraphQLError() | CannotGetOperationTypeError() | MissingQueryError():
            code, message = BadUserInput.code, _shortened(error.message)
        case _ if error.nodes and error.path is None:  # what a value in the document made a scalar raise
            code, message = BadUserInput.code, _shortened(error.message)
        case _:
            log.error("unexpected error", graphql_path=error.path, exc_info=cause)
            code, message = "INTERNAL", masked(request_id)
    extensions = {**(error.extensions or {}), "code": code}
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, extensions=extensions
    )


def _shortened(message: str) -> str:
    """Quote no megabytes back at who sent them."""
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}…"
