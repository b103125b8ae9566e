"""`python -m flows up`: the whole in one terminal, started in order and stopped in order.

Three laws. Nothing outlives the supervisor: whatever ends the one ends the others. Nothing is stopped before what
depends on it: the doors' order reversed, PostgreSQL last. Whatever goes wrong is said with the name of the process
and its last lines.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable

from rich.console import Console
from stamina.instrumentation import set_on_retry_hooks

from flows.stack.child import Child, DoorClosed
from flows.stack.claims import AlreadyTaken, check_ports, claim_home, end_leftovers
from flows.stack.doors import POSTGRES, Door, the_doors
from flows.stack.environment import stack_environment
from flows.stack.first_run import first_run
from flows.stack.kept_postgres import KeptPostgres
from flows.stack.picture import Picture
from flows.stack.settings import StackSettings
from flows.stack.terminal import foreground
from models.postgres_programs import PostgresError

STOPPERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FIRST_RUN_NEEDS = {"prefect", "api"}
FirstRun = Callable[[StackSettings, Picture], Awaitable[None]]


def up(
    settings: StackSettings,
    *,
    doors: Iterable[Door] | None = None,
    begin: FirstRun = first_run,
    console: Console | None = None,
) -> int:
    """Run the whole until a signal (exit code 0) or until something in it fails (1)."""
    settings = settings.model_copy(
        update={"prefect_api_url": None}
    )  # the whole brings its own Prefect server
    chosen = tuple(doors) if doors is not None else the_doors(settings)
    picture = Picture(settings, console)
    set_on_retry_hooks(())  # Prefect's busy moments at the start are no news for a person
    try:
        with claim_home(settings.kasparro_home), foreground():
            for pid, door in end_leftovers(settings.kasparro_home).items():
                picture.say(f"ended {door} (pid {pid}), left behind by a start that was killed")
            check_ports(chosen)
            asyncio.run(Supervisor(settings, chosen, picture, begin).run())
    except (AlreadyTaken, DoorClosed, PostgresError) as error:
        picture.failed(str(error))
        return 1
    return 0


class Supervisor:
    """The processes of one start, and what has become of them."""

    def __init__(
        self, settings: StackSettings, doors: tuple[Door, ...], picture: Picture, begin: FirstRun
    ) -> None:
        self._settings = settings
        self._picture = picture
        self._begin = begin
        self._environment = stack_environment(settings)
        self._postgres = KeptPostgres(settings)
        self._children = [Child(door, settings.kasparro_home) for door in doors]
        self._ready = {name: asyncio.Event() for name in (POSTGRES, *(door.name for door in doors))}
        self._interrupted = asyncio.Event()
        self._hurry = asyncio.Event()

    async def run(self) -> None:
        """Start everything, stay until a signal, stop everything. Raises what ended it, if not a signal."""
        for stopper in STOPPERS:
            asyncio.get_running_loop().add_signal_handler(stopper, self._interrupt)
        self._picture.begin({POSTGRES: (), **{child.door.name: child.door.needs for child in self._children}})
        whole = asyncio.create_task(self._whole())
        interrupted = asyncio.create_task(self._interrupted.wait())
        await asyncio.wait({whole, interrupted}, return_when=asyncio.FIRST_COMPLETED)
        for task in (whole, interrupted):
            task.cancel()
        ends = await asyncio.gather(whole, return_exceptions=True)
        await self._stop()
        if not self._interrupted.is_set() and isinstance(ends[0], ExceptionGroup):
            raise ends[0].exceptions[0]

    def _interrupt(self) -> None:
        (self._hurry if self._interrupted.is_set() else self._interrupted).set()

    async def _whole(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_postgres())
            for child in self._children:
                group.create_task(self._keep(child))
            group.create_task(self._complete())

    async def _keep_postgres(self) -> None:
        self._picture.starting(POSTGRES)
        self._environment["DATABASE_URL"] = await self._postgres.open()
        self._is_ready(POSTGRES)
        await self._postgres.watch()

    async def _keep(self, child: Child) -> None:
        door = child.door
        for need in door.needs:
            await self._ready[need].wait()
        self._picture.starting(door.name)
        await child.start(self._environment)
        await child.until_ready()
        self._is_ready(door.name)
        if not door.is_one_shot:
            raise child.closed(f"ended by itself, with exit code {await child.ended()}")

    def _is_ready(self, name: str) -> None:
        self._picture.ready(name)
        self._ready[name].set()

    async def _complete(self) -> None:
        for need in self._ready.keys() & FIRST_RUN_NEEDS:
            await self._ready[need].wait()
        await self._begin(self._settings, self._picture)
        for ready in self._ready.values():
            await ready.wait()
        self._picture.complete()

    async def _stop(self) -> None:
        self._picture.stopping()
        for child in reversed(self._children):
            needed = [c for c in self._children if c.door.name in child.door.needs and not c.door.is_one_shot]
            is_served = child.was_started and all(c.pid for c in needed)
            await self._duty(child.door.before_stop if is_served and child.pid else None)
            await child.stop(self._hurry)
            await self._duty(child.door.after_stop if is_served else None)
        await self._postgres.close()

    async def _duty(self, duty: Callable[[], Awaitable[None]] | None) -> None:
        """Do a door's duty around its end, unless there is hurry; a duty that fails stops nothing."""
        if duty is None or self._hurry.is_set():
            return
        doing, hurried = asyncio.ensure_future(duty()), asyncio.create_task(self._hurry.wait())
        await asyncio.wait({doing, hurried}, timeout=30, return_when=asyncio.FIRST_COMPLETED)
        for task in (doing, hurried):
            task.cancel()
        (end,) = await asyncio.gather(doing, return_exceptions=True)
        if isinstance(end, Exception):
            self._picture.say(f"left undone at the end: {end!r}")
