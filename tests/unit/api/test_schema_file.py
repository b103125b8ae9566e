"""The schema: exported as it is, and described without a gap."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from graphql import GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, build_schema

from graphql_api.schema import SDL_PATH, print_sdl


def test_the_exported_schema_is_the_schema_of_the_code() -> None:
    assert SDL_PATH.read_text(encoding="utf-8") == print_sdl(), "run `python -m graphql_api schema`"


def _described() -> Iterator[tuple[str, str | None]]:
    for name, type_ in build_schema(print_sdl()).type_map.items():
        if name.startswith("__") or name in {"Int", "Float", "String", "Boolean", "ID"}:
            continue
        yield name, type_.description
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
            for field, definition in type_.fields.items():
                yield f"{name}.{field}", definition.description
                for argument, given in definition.args.items():
                    yield f"{name}.{field}({argument})", given.description
        if isinstance(type_, GraphQLInputObjectType):
            for field, input_field in type_.fields.items():
                yield f"{name}.{field}", input_field.description


@pytest.mark.parametrize(("place", "description"), list(_described()))
def test_everything_has_a_description(place: str, description: str | None) -> None:
    assert description, f"{place} has no description"


def test_a_source_is_a_string_everywhere() -> None:
    schema = build_schema(print_sdl())
    assert "Source" not in {name for name, type_ in schema.type_map.items() if hasattr(type_, "values")}
    for name, type_ in schema.type_map.items():
        if isinstance(type_, GraphQLObjectType) and "source" in type_.fields:
            assert str(type_.fields["source"].type).rstrip("!") == "String", name
