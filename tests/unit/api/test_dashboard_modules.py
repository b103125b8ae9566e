"""The dashboard's modules, as text: what they ask fits the schema, what they import is there, and each says what it is."""

from __future__ import annotations

import posixpath
import re

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate

from graphql_api.dashboard.page import digest
from graphql_api.schema import SDL_PATH
from tests.dashboard_documents import SCRIPTS, TEXTS, documents

LINES_AT_MOST = 200
IMPORT = re.compile(r"""(?:from|import\() ?"(?P<path>[^"]+)"|^import "(?P<bare>[^"]+)";""", re.MULTILINE)
PACKAGES = {"preact", "preact/hooks", "htm", "lightweight-charts"}

DOCUMENTS = documents()


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The schema as it is exported."""
    return build_schema(SDL_PATH.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_what_it_asks_fits_the_schema(document: str, schema: GraphQLSchema) -> None:
    assert validate(schema, parse(document)) == []


def test_every_document_is_found_and_has_a_name_of_its_own() -> None:
    operations = [
        node
        for document in DOCUMENTS.values()
        for node in parse(document).definitions
        if isinstance(node, OperationDefinitionNode)
    ]
    assert len(DOCUMENTS) >= 15
    assert len(operations) == len(DOCUMENTS)
    kinds = {(node.operation, node.name.value) for node in operations if node.name}
    assert len(kinds) == len(operations)


def _imported(path: str) -> set[str]:
    named = {each["path"] or each["bare"] for each in IMPORT.finditer(SCRIPTS[path])}
    folder = posixpath.dirname(path)
    return {name if name in PACKAGES else posixpath.normpath(posixpath.join(folder, name)) for name in named}


def test_every_import_is_there_and_every_module_is_imported() -> None:
    imported = set().union(*map(_imported, SCRIPTS))
    assert imported - PACKAGES == SCRIPTS.keys() - {"main.js"}
    assert imported >= PACKAGES


@pytest.mark.parametrize("path", TEXTS)
def test_modules_say_what_they_are_and_are_short(path: str) -> None:
    assert TEXTS[path].startswith(("/** ", "/**\n", "/* "))
    assert len(TEXTS[path].splitlines()) <= LINES_AT_MOST


def test_a_version_is_named_by_paths_and_contents() -> None:
    first = digest({"a.js": b"1", "b.js": b"2"})
    others = [
        {"a.js": b"1", "b.js": b"3"},
        {"a.js": b"1", "c.js": b"2"},
        {"a.js": b"1"},
        {"a.js": b"12", "b.js": b""},
    ]
    assert digest({"a.js": b"1", "b.js": b"2"}) == first
    assert first not in {digest(other) for other in others}
