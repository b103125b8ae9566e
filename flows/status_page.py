"""The status in a terminal: what is wrong first, then sources, runs and versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.status import Status, Told

_STYLES = {
    "ok": "green", "success": "green", "slowed": "cyan", "running": "cyan", "partial": "yellow",
    "failing": "red", "benched": "red", "failed": "red",
}  # fmt: skip


def print_status(status: Status, console: Console, *, as_json: bool) -> None:
    """Print a status for a person, or for a program."""
    if as_json:
        console.file.write(json_of(status) + "\n")
    else:
        console.print(page_of(status))


def json_of(status: Status) -> str:
    """Write a status as JSON; times as ISO 8601, UTC."""
    told = {
        "status": status.word,
        "reasons": status.troubles,
        "versions": status.versions,
        "sources": status.sources,
        "runs": status.runs,
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def page_of(status: Status) -> RenderableType:
    """Lay a status out. Times are UTC."""
    word = Text(status.word, style="bold red" if status.troubles else "bold green")
    troubles = [Text(f"  {trouble}") for trouble in status.troubles]
    tables = [_sources(status), _runs(status)] if status.sources or status.runs else []
    return Group(word, *troubles, *(Padding(table, (1, 0, 0, 0)) for table in (*tables, _versions(status))))


def _sources(status: Status) -> Table:
    table = _table("source", "state", "last success", "next try", "budget left")
    for one in status.sources:
        next_try = _at(one["next_try_at"]) or "with the schedule"
        table.add_row(one["name"], _word(one["state"]), _at(one["last_success_at"]), next_try, _left(one))
    return table


def _runs(status: Status) -> Table:
    table = _table("run", "flow", "source", "outcome", "began", "seconds", "records", "rejected")
    for one in status.runs:
        numbers = (f"{one['duration_seconds']:.1f}", f"{one['fetched']:,}", f"{one['rejected']:,}")
        began = _at(one["started_at"])
        table.add_row(
            str(one["id"]), one["flow"], one["source"] or "all", _word(one["outcome"]), began, *numbers
        )
    return table


def _versions(status: Status) -> Table:
    table = _table("versions", "")
    for name, value in status.versions.items():
        table.add_row(
            name.replace("_", " "), _at(value) if isinstance(value, datetime) else str(value or "none")
        )
    return table


def _table(*heads: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for head in heads:
        table.add_column(head, justify="right" if head in {"seconds", "records", "rejected"} else "left")
    return table


def _word(word: str) -> Text:
    return Text(word, style=_STYLES.get(word, "dim"))


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _left(source: Told) -> str:
    budget: Any = source["budget"]
    if budget is None or budget["left"] is None:
        return "no end" if budget else ""
    return f"{budget['left']:,} of {budget['limit']:,}"
