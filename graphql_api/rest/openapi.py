"""`/openapi.json`: the REST paths as OpenAPI 3.1, drawn from the operations and the types of their answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Literal

from pydantic import TypeAdapter

from graphql_api.rest.envelopes import Problem
from graphql_api.rest.parameters import TEXT, Parameter
from graphql_api.rest.routes import Operation
from graphql_api.security import HEADER
from graphql_api.settings import ApiSettings, Environment
from graphql_api.transport.media import JSON

Document = dict[str, Any]

KEY = "key"
FOR_ALL = (400, 401, 403, 413, 429, 500, 503)
PATHS = {
    "source": "The source's name, here or in an older service.",
    "record_id": "The record's id at the source.",
    "asset_uid": "The asset's uid, like `bitcoin`.",
}
NON_EMPTY = {**TEXT, "minLength": 1}


def document(operations: Sequence[Operation], settings: ApiSettings) -> Document:
    """Describe the operations, with keys where these settings ask for them."""
    in_json = (operation for operation in operations if operation.media == JSON)
    kinds = {kind for operation in in_json for kind in operation.answers.values()} | {Problem}
    named = sorted(kinds, key=lambda kind: kind.__name__)
    adapters: list[tuple[str, Literal["serialization"], TypeAdapter[Any]]] = [
        (kind.__name__, "serialization", TypeAdapter(kind)) for kind in named
    ]
    _, schemas = TypeAdapter.json_schemas(adapters, ref_template="#/components/schemas/{model}")
    paths: Document = {}
    for operation in operations:
        described = _operation(operation, settings)
        paths.setdefault(_path(operation), {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kasparro",
            "version": version("kasparro"),
            "description": "Crypto market data of several providers: the paths of the older REST services. "
            "Numbers are printed with every digit; times are ISO 8601 in UTC.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {KEY: {"type": "apiKey", "in": "header", "name": HEADER}},
        },
    }


def _operation(operation: Operation, settings: ApiSettings) -> Document:
    refused = dict.fromkeys(sorted({*FOR_ALL, *operation.refusals}), Problem)
    answers = sorted((refused | dict(operation.answers)).items())
    in_path = [
        Parameter(name, PATHS[name], NON_EMPTY, "path") for name in re.findall(r"{(\w+)", operation.path)
    ]
    described: Document = {
        "operationId": operation.endpoint.__name__ + ("_record" if "record_id" in operation.path else ""),
        "summary": operation.summary,
        "tags": re.findall(r"^/(\w+)", operation.path),
        "parameters": [_parameter(each) for each in (*in_path, *operation.parameters)],
        "responses": {
            str(status): _text(status, operation.media) if kind is str else _answer(status, kind)
            for status, kind in answers
        },
    }
    return described | ({"security": [{KEY: []}]} if _is_locked(operation.needs, settings) else {})


def _is_locked(needs: str | None, settings: ApiSettings) -> bool:
    is_prod = settings.env is Environment.PROD
    match needs:
        case "reader":
            return not settings.reads_openly
        case "debugger":
            return is_prod or not settings.reads_openly
        case "admin":
            return is_prod or bool(settings.admin_keys)
    return False


def _path(operation: Operation) -> str:
    return operation.path.replace(":path}", "}")


def _parameter(parameter: Parameter) -> Document:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.where == "path",
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }


def _answer(status: int, kind: type) -> Document:
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"description": HTTPStatus(status).phrase, "content": {JSON: {"schema": schema}}}


def _text(status: int, media: str) -> Document:
    return {"description": HTTPStatus(status).phrase, "content": {media: {"schema": {"type": "string"}}}}
