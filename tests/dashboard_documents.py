"""The dashboard's modules as text, and the GraphQL documents in them."""

from __future__ import annotations

import re

from graphql_api.dashboard.page import modules

TEXTS = {path: content.decode() for path, content in modules().items()}
SCRIPTS = {path: text for path, text in TEXTS.items() if path.endswith(".js")}

_DOCUMENT = re.compile(r"const (?P<name>[A-Z_]+) = graphql`(?P<text>[^`]*)`")


def documents() -> dict[str, str]:
    """Read every document, with the fragments that it names, by its module and name."""
    return {
        f"{path} {name}": document for path, text in SCRIPTS.items() for name, document in _of(text).items()
    }


def _of(text: str) -> dict[str, str]:
    found = {each["name"]: each["text"] for each in _DOCUMENT.finditer(text)}
    for name, document in found.items():
        found[name] = re.sub(r"\$\{(\w+)\}", lambda named: found[named[1]], document)
    return {name: document for name, document in found.items() if not document.strip().startswith("fragment")}
