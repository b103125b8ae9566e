"""What a GraphQL request asks for, read from its wire form. What cannot be read is refused with its cause."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from strawberry.http import GraphQLRequestData

from graphql_api.errors import BadUserInput, UnsupportedMediaType
from graphql_api.transport.media import JSON, content_type

PARTS = {"query": str, "operationName": str, "variables": dict, "extensions": dict}
SPOKEN = {str: "a string", dict: "an object"}
Operations = GraphQLRequestData | list[GraphQLRequestData]


def from_query_string(parameters: Mapping[str, object]) -> GraphQLRequestData:
    """Read the parameters of a GET; `variables` and `extensions` are JSON in them."""
    given: dict[str, object] = {name: parameters.get(name) or None for name in PARTS}
    for name in ("variables", "extensions"):
        if given[name] is not None:
            given[name] = _json(str(given[name]).encode(), f"The parameter `{name}`")
    return _operation(given)


def from_body(header: str, body: bytes, batch_limit: int) -> Operations:
    """Read the body of a POST, whose header says that it is JSON: see `from_json`."""
    media_type, charset = content_type(header)
    if media_type != JSON:
        got = f"content-type {media_type[:80]}" if media_type else "no content-type"
        raise UnsupportedMediaType(f"A POST must carry JSON as content-type {JSON}, got {got}.")
    if charset not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType(f"JSON is read as UTF-8, not as {charset[:40]}.")
    return from_json(body, batch_limit)


def from_json(body: bytes, batch_limit: int) -> Operations:
    """Read one operation, or an array of at most `batch_limit`."""
    told = _json(body, "The body")
    if not isinstance(told, list):
        return _operation(told)
    if not 1 <= len(told) <= batch_limit:
        raise BadUserInput(f"A batch has 1 to {batch_limit} operations, got {len(told)}.")
    return [_operation(each) for each in told]


def _operation(told: object) -> GraphQLRequestData:
    if not isinstance(told, dict):
        raise BadUserInput("An operation is a JSON object with `query`, or an array of such objects.")
    for name, kind in PARTS.items():
        value = told.get(name)
        if value is not None and not isinstance(value, kind):
            raise BadUserInput(f"`{name}` must be {SPOKEN[kind]} or null.")
    return GraphQLRequestData(
        query=told.get("query"),
        variables=told.get("variables"),
        operation_name=told.get("operationName"),
        extensions=told.get("extensions"),
    )


def _json(text: bytes, where: str) -> object:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadUserInput(f"{where} is not JSON in UTF-8: {error}.") from error
