"""What a person sees of the start: a line per process as it becomes ready, and where to click."""

from __future__ import annotations

import time

from rich.console import Console
from rich.markup import escape

from flows.stack.settings import StackSettings


class Picture:
    """Lines for a person, with the seconds since the start."""

    def __init__(self, settings: StackSettings, console: Console | None = None) -> None:
        self._settings = settings
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._started_at = time.monotonic()
        self._waiting: list[str] = []
        self._status = self._console.status("")
        self._addresses = {
            "api": settings.api_url,
            "prefect": settings.prefect_url,
            "sandbox": settings.sandbox_url,
        }

    def begin(self) -> None:
        """Say what is about to start."""
        home, upstream = self._settings.kasparro_home, self._settings.upstream
        self._console.print(f"[bold]Kasparro[/]  {upstream}  state in {escape(str(home))}")

    def starting(self, name: str) -> None:
        """Show that `name` is on its way."""
        self._waiting.append(name)
        self._show_waiting()

    def ready(self, name: str) -> None:
        """Show that `name` is ready, and where it can be visited."""
        self._waiting.remove(name)
        self._line("[green]✓[/]", f"{name:<10}[dim]{self._addresses.get(name, '')}[/]")
        self._show_waiting()

    def say(self, text: str) -> None:
        """Tell one thing worth knowing."""
        self._line(" ", escape(text))

    def complete(self) -> None:
        """Say that the whole answers, and where to click."""
        self._status.stop()
        self._line("[green]✓[/]", "[bold green]READY[/]  the first assets are answered")
        for what, where in (
            ("GraphiQL", f"{self._settings.api_url}/graphql"),
            ("Prefect UI", self._settings.prefect_url),
            ("Logs", str(self._settings.kasparro_home / "logs")),
        ):
            self._console.print(f"           {what:<11}[bold]{escape(where)}[/]")
        self._console.print("           Ctrl-C stops everything")

    def stopping(self) -> None:
        """Say that the end has begun, and how to hasten it."""
        self._status.stop()
        self._line(" ", "stopping: what runs may finish first (Ctrl-C again hastens)")

    def failed(self, message: str) -> None:
        """Show what ended the whole."""
        self._status.stop()
        self._line("[red]✗[/]", escape(message))

    def _line(self, mark: str, text: str) -> None:
        self._console.print(f"{time.monotonic() - self._started_at:6.1f} s {mark} {text}")

    def _show_waiting(self) -> None:
        if self._waiting and self._console.is_terminal:
            self._status.update(f"starting: {', '.join(self._waiting)}")
            self._status.start()
        else:
            self._status.stop()
