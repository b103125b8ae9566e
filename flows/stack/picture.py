"""What a person sees of the start: every process and how far it is, then where to click.

In a terminal one picture that is kept up to date; elsewhere a line for each thing that happens.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from flows.stack.settings import StackSettings

REDRAWN_PER_SECOND = 8


@dataclass(slots=True)
class Row:
    """One process in the picture."""

    name: str
    needs: tuple[str, ...]
    address: str = ""
    started_at: float | None = None
    ready_after: float | None = None
    spinner: Spinner = field(default_factory=lambda: Spinner("dots", style="cyan"))


class Picture:
    """The start as a person watches it, with the seconds since its beginning."""

    def __init__(self, settings: StackSettings, console: Console | None = None) -> None:
        self._settings = settings
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._started_at = time.monotonic()
        self._rows: dict[str, Row] = {}
        self._live = Live(
            console=self._console,
            refresh_per_second=REDRAWN_PER_SECOND,
            transient=True,
            get_renderable=self._table,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def begin(self, needs: Mapping[str, tuple[str, ...]]) -> None:
        """Say what is about to start: each process, and which others it waits for."""
        home, upstream = self._settings.kasparro_home, self._settings.upstream
        self._console.print(f"[bold]Kasparro[/]  {upstream}  state in {escape(str(home))}")
        addresses = {
            "api": self._settings.api_url,
            "prefect": self._settings.prefect_url,
            "sandbox": self._settings.sandbox_url,
        }
        self._rows = {name: Row(name, of, addresses.get(name, "")) for name, of in needs.items()}
        if self._console.is_terminal:
            self._live.start()

    def starting(self, name: str) -> None:
        """Show that `name` is on its way."""
        self._rows[name].started_at = time.monotonic()

    def ready(self, name: str) -> None:
        """Show that `name` is ready, and where it can be visited."""
        row = self._rows[name]
        row.ready_after = self._seconds
        if not self._console.is_terminal:
            self._line("[green]✓[/]", f"{name:<10}[dim]{row.address}[/]")

    def say(self, text: str) -> None:
        """Tell one thing worth knowing."""
        self._line(" ", escape(text))

    def complete(self) -> None:
        """Say that the whole answers, and where to click."""
        self._settle()
        self._line("[green]✓[/]", "[bold green]READY[/]  the first assets are answered")
        for what, where in (
            ("Dashboard", self._settings.api_url),
            ("GraphiQL", f"{self._settings.api_url}/graphql"),
            ("Prefect UI", self._settings.prefect_url),
            ("Logs", str(self._settings.kasparro_home / "logs")),
        ):
            self._console.print(f"           {what:<11}[bold]{escape(where)}[/]")
        self._console.print("           Ctrl-C stops everything")

    def stopping(self) -> None:
        """Say that the end has begun, and how to hasten it."""
        self._settle()
        self._line(" ", "stopping: what runs may finish first (Ctrl-C again hastens)")

    def failed(self, message: str) -> None:
        """Show what ended the whole."""
        self._settle()
        self._line("[red]✗[/]", escape(message))

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._started_at

    def _line(self, mark: str, text: str) -> None:
        self._console.print(f"{self._seconds:6.1f} s {mark} {text}")

    def _settle(self) -> None:
        """Leave the picture as it is now, and draw it no more."""
        if self._live.is_started:
            self._live.stop()
            self._console.print(self._table())

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=8, justify="right")
        for row in self._rows.values():
            table.add_row(*self._cells(row))
        return table

    def _cells(self, row: Row) -> tuple[str | Text, str | Text | Spinner, str, str | Text]:
        if row.ready_after is not None:
            return f"{row.ready_after:.1f} s", Text("✓", "green"), row.name, Text(row.address, "dim")
        if row.started_at is not None:
            told = f"starting, {time.monotonic() - row.started_at:.0f} s"
            return "", row.spinner if self._live.is_started else "…", row.name, Text(told, "cyan")
        missing = ", ".join(name for name in row.needs if self._rows[name].ready_after is None)
        return "", Text("·", "dim"), row.name, Text(f"waits for {missing}" if missing else "", "dim")
