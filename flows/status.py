"""How the whole does, for `python -m flows status`: read from the database alone, so that it needs no Prefect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from pydantic import Field

from flows.workshop import now
from models import migrate
from models.condition import troubles
from models.db import Sessions, database, in_a_sentence
from models.outcomes import RunOutcome
from models.queries.budgets import budgets_of
from models.queries.dataset import dataset
from models.queries.paging import Rows, ordered
from models.queries.runs import NEWEST_FIRST, Reader, RunFilter, last_round, last_runs_of, runs
from models.queries.source_states import troubled
from models.queries.sources import sources
from models.settings import DatabaseSettings
from models.vault import open_vault

LAST_RUNS = 10

_OF_SOURCES = ("name", "title", "state", "failures", "failing_since", "next_try_at", "reason", "remedy")
_OF_RUNS = (
    "id", "flow", "source", "outcome", "started_at", "duration_seconds", "fetched", "new", "changed", "rejected", "error",
)  # fmt: skip

Told = Mapping[str, Any]


class StatusSettings(DatabaseSettings):
    """The database's settings, and from when on nothing is too long."""

    stale_after_seconds: int = Field(
        7200, ge=1, description="A price or quote older than this is shown as stale."
    )


@dataclass(frozen=True, slots=True)
class Status:
    """How the whole does."""

    troubles: Sequence[str]
    """What a person should know of; nothing where all is well."""
    versions: Told
    sources: Sequence[Told] = ()
    runs: Sequence[Told] = ()

    @property
    def word(self) -> str:
        """The one word for it, as `/health` has it."""
        return "degraded" if self.troubles else "healthy"


async def read_status(settings: StatusSettings) -> Status:
    """Read how the whole does. A database whose tables are not the code's says only that."""
    with open_vault(settings) as url:
        found, wanted = migrate.revisions(url)
        versions = {"program": version("kasparro"), "migration": found, "newest_migration": wanted}
        if found != wanted:
            told = (
                f"The database is at revision {found}, the code at {wanted}: run `python -m models upgrade`."
            )
            return Status((told,), versions)
        async with database(url) as sessions:
            with in_a_sentence():
                return await _read(sessions, versions, timedelta(seconds=settings.stale_after_seconds))


async def _read(sessions: Sessions, versions: Told, stale_after: timedelta) -> Status:
    at = now()
    (published,) = await _rows(sessions, dataset())
    last = await _rows(sessions, last_round())
    trouble = await _rows(sessions, troubled(at - stale_after))
    newest = ordered(runs(RunFilter(), reader=Reader(at, "")), NEWEST_FIRST).limit(LAST_RUNS)
    return Status(
        troubles(published.version, last[0] if last else None, trouble, at - stale_after),
        {
            **versions,
            "dataset": published.version,
            "published_at": published.published_at,
            "upstream": published.upstream,
        },
        await _sources(sessions),
        [_part(row, _OF_RUNS) for row in await _rows(sessions, newest)],
    )


async def _sources(sessions: Sessions) -> list[Told]:
    known = await _rows(sessions, sources())
    names = [row.name for row in known]
    best = await _rows(sessions, last_runs_of(names, outcome=RunOutcome.SUCCESS))
    success: dict[str, datetime] = {row.parent: row.finished_at for row in best}
    budgets = {row.parent: row for row in await _rows(sessions, budgets_of(names))}
    return [
        {
            **_part(row, _OF_SOURCES),
            "last_success_at": success.get(row.name),
            "budget": _part(budgets[row.name], ("limit", "left", "period_ends_at"))
            if row.name in budgets
            else None,
        }
        for row in known
    ]


async def _rows(sessions: Sessions, wanted: Rows) -> Sequence[Any]:
    async with sessions() as session:
        return (await session.execute(wanted)).all()


def _part(row: Any, names: Sequence[str]) -> Told:  # noqa: ANN401 - a row of any query
    return {name: getattr(row, name) for name in names}
