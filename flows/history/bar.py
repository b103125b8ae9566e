"""The backfill in a terminal: a bar for each source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from flows.history.progress import Progress, SourceProgress

REDRAWN_EVERY_SECONDS = 0.25


@asynccontextmanager
async def shown(progress: Progress, console: Console) -> AsyncIterator[None]:
    """Show progress for the length of the block, where there is a terminal to show it in."""
    columns = (
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=console, disable=not console.is_terminal) as bars:
        drawing = asyncio.create_task(_draw(progress, bars))
        try:
            yield
        finally:
            drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing
            _redraw(progress, bars)


async def _draw(progress: Progress, bars: Bars) -> None:
    while True:
        _redraw(progress, bars)
        await asyncio.sleep(REDRAWN_EVERY_SECONDS)


def _redraw(progress: Progress, bars: Bars) -> None:
    known = {task.description: task.id for task in bars.tasks}
    for name, one in progress.sources.items():
        task = known[name] if name in known else bars.add_task(name, total=None, told="")
        bars.update(task, completed=one.done, total=one.listings or None, told=told(one))


def told(one: SourceProgress) -> str:
    """Say in a few words how far a source is."""
    return f"{one.points:,} points in {one.answers:,} answers, {one.state}"[:100]
