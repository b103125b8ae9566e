"""An update as subscribers are told it: read and written out once for all who asked for the same.

After a publication everybody who subscribed is told at the same moment, and most clients are copies of one program:
each carried out for itself, twenty kept readers waiting for most of a second.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, cast

from graphql import ExecutionResult
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from graphql_api.context import Context, Info
from graphql_api.security import HEADER


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """An event of a subscription with what its selection came to."""

    result: ExecutionResult


class Executing(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's execution of an operation, which a subscription may ask for before it yields an event."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - passed through
        super().__init__(*args, **kwargs)
        if isinstance(self.context_value, Context):
            self.context_value.executing = self

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: ANN401, FBT001 - graphql-core's own
        """Carry the operation out, unless that was done."""
        if isinstance(self.root_value, WrittenOut):
            return self.root_value.result
        return super().execute_operation(serially)


async def write_out(asked: Context, event: object, within: Context) -> WrittenOut:
    """Carry out for an event what a subscriber selected, reading through a context that is nobody's own."""
    executing = cast("Executing", asked.executing).build_per_event_executor(event)
    executing.context_value = within
    result = executing.execute_operation(serially=False)
    return WrittenOut(cast("ExecutionResult", await result if isawaitable(result) else result))


def asked_by(info: Info) -> Hashable:
    """Spell what a subscriber asked, and with which key: who asks for the same may be told the same."""
    operation = info.operation
    document = operation.loc.source.body if operation.loc else id(operation)
    name = operation.name.value if operation.name else None
    return document, name, repr(info.variable_values), info.context.request.headers.get(HEADER)
