"""How a value of each scalar and enum is written in SQL, so that JSON has it just as graphql_api/scalars.py prints it."""

from __future__ import annotations

from graphql import GraphQLEnumType, GraphQLNamedType
from sqlalchemy import literal_column

from graphql_api.planner.bases import DIALECT
from models.queries.moments import printed

MOMENT = str(printed(literal_column("{0}")).compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))
"""The text of a moment; `{0}` is its column."""
_FORMS = {"Decimal": "{0}::text", "ID": "{0}::text", "JSON": "{0}::json", "DateTime": MOMENT}
_TYPES_IN_JSON = {"Decimal": "numeric", "DateTime": "timestamptz", "Boolean": "boolean"}


def leaf(kind: GraphQLNamedType, column: str) -> str:
    """Write the value of a column as its type is told; types that JSON has are told as they are."""
    if isinstance(kind, GraphQLEnumType):
        names = "".join(
            f" WHEN {_quoted(value.value)} THEN {_quoted(name)}" for name, value in kind.values.items()
        )
        return f"CASE {column}{names} END"
    return _FORMS.get(kind.name, "{0}").format(column)


def leaf_in_json(kind: GraphQLNamedType, element: str, key: str) -> str:
    """Write the value that an element of a JSON array has under a key, where numbers and times are kept as text."""
    text = f"({element} ->> {_quoted(key)})"
    return leaf(kind, f"{text}::{_TYPES_IN_JSON[kind.name]}" if kind.name in _TYPES_IN_JSON else text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
