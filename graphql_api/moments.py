"""From when to when: the two arguments that bound a list in time."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from graphql_api.errors import BadUserInput
from graphql_api.scalars import print_datetime

From = Annotated[
    datetime | None,
    strawberry.argument(name="from", description="From this moment on; null: from the first."),
]
To = Annotated[
    datetime | None, strawberry.argument(name="to", description="Before this moment; null: up to the last.")
]


def require_order(start: datetime | None, end: datetime | None) -> None:
    """Raise `BadUserInput` where `from` is not before `to`."""
    if start is not None and end is not None and start >= end:
        raise BadUserInput(
            f"`from` must be before `to`, got {print_datetime(start)} and {print_datetime(end)}."
        )
