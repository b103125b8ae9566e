"""The names that sources answer to: their own, and those that older clients know them by."""

from __future__ import annotations

from typing import Annotated, overload

import strawberry

ALIASES = {
    "coingecko_api": "coingecko",
    "coinpaprika_api": "coinpaprika",
    "coincap_api": "coincap",
    "csv": "coincap",
}
"""An older service's name of a source -> the name it has here."""

SourceName = Annotated[str, strawberry.argument(description="A source's name, like `coingecko`.")]
SourceFilter = Annotated[
    str | None, strawberry.argument(description="Only of this source, like `coingecko`; null: of all.")
]


@overload
def current_name(name: str) -> str: ...
@overload
def current_name(name: None) -> None: ...
def current_name(name: str | None) -> str | None:
    """Translate an older name; any other stays as it is."""
    return None if name is None else ALIASES.get(name, name)
