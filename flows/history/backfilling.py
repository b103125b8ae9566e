"""A whole backfill: every source that tells history, side by side. No Prefect here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import cast

import structlog

from flows.errors import BudgetExhausted, Fatal, RetryLater, SourceError
from flows.history.listings import Wanted, require_assets
from flows.history.progress import Progress, SourceProgress
from flows.history.rates import RatesBackfill, require_codes
from flows.history.source import SourceBackfill, first_day
from flows.workshop import Workshop, begin_run, now, skip_run
from models.outcomes import RunOutcome
from models.store.runs import finish_run, sole_run, total_children

FLOW = "backfill"
UNDER_WAY = "another backfill is under way"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SourceBackfillReport:
    """How one source's backfill went."""

    source: str
    outcome: RunOutcome
    progress: SourceProgress
    seconds: float = 0
    error: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """How a whole backfill went."""

    outcome: RunOutcome
    sources: tuple[SourceBackfillReport, ...] = ()
    error: str | None = None


async def backfill(shop: Workshop, wanted: Wanted, progress: Progress | None = None) -> BackfillReport:
    """Bring in the history that is missing. One failing source stops no other; a second backfill is skipped.

    Raises `Fatal` for an asset or a source that there is not.
    """
    progress = progress or Progress()
    wanted = replace(wanted, currencies=tuple(code.strip().lower() for code in wanted.currencies))
    names = _names(shop, wanted)
    await require_assets(shop.sessions, wanted.uids)
    await require_codes(shop, wanted.currencies)
    async with sole_run(shop.sessions, FLOW) as is_ours:
        if not is_ours:
            await skip_run(shop, FLOW, UNDER_WAY)
            return BackfillReport(RunOutcome.SKIPPED, error=UNDER_WAY)
        run_id = await begin_run(shop, FLOW)
        for name in names:
            progress.sources[name] = SourceProgress()
        jobs = (_backfill_source(shop, name, wanted, run_id, progress.sources[name]) for name in names)
        reports = tuple(await asyncio.gather(*jobs))
        outcome, error = _together(reports)
        async with shop.sessions.begin() as session:
            await total_children(session, run_id)
            await finish_run(session, run_id, outcome, now(), error=error)
        return BackfillReport(outcome, reports, error)


def _names(shop: Workshop, wanted: Wanted) -> list[str]:
    telling = [name for name, source in shop.sources.items() if source.provider.history]
    named = [shop.source(name).name for name in wanted.sources]
    if silent := [name for name in named if name not in telling]:
        raise Fatal(f"{silent[0]} tells no history; {', '.join(telling)} do")
    chosen = named or telling
    if wanted.currencies and not any(shop.source(name).provider.past_rates for name in chosen):
        able = [name for name in telling if shop.source(name).provider.past_rates]
        raise Fatal(f"{', '.join(chosen)} tell no rates of the past; {', '.join(able)} does")
    return chosen


async def _backfill_source(
    shop: Workshop, name: str, wanted: Wanted, parent_id: int, progress: SourceProgress
) -> SourceBackfillReport:
    """Bring in one source's history. Never raises for what the source did: the report says it."""
    provider, began = shop.source(name).provider, now()
    run_id = await begin_run(shop, FLOW, source=name, parent_id=parent_id)
    outcome, error, remedy = RunOutcome.SUCCESS, None, None
    if provider.needs_key and shop.settings_of(provider).api_key is None:
        outcome, error = (
            RunOutcome.SKIPPED,
            f"{name.upper()}_API_KEY is not set: {name} tells nobody else its history",
        )
    else:
        outcome, error, remedy = await _whatever_happens(shop, name, wanted, run_id, progress)
    progress.state = error or "done"
    async with shop.sessions.begin() as session:
        await finish_run(session, run_id, outcome, now(), error=error, remedy=remedy)
    log.info("history brought in", source=name, outcome=outcome, points=progress.points, error=error)
    return SourceBackfillReport(name, outcome, progress, (now() - began).total_seconds(), error, remedy)


Ended = tuple[RunOutcome, str | None, str | None]


async def _whatever_happens(
    shop: Workshop, name: str, wanted: Wanted, run_id: int, progress: SourceProgress
) -> Ended:
    """Turn even a mistake of ours in one source into that source's failed run: the others go on."""
    provider = shop.source(name).provider
    assert provider.history is not None  # noqa: S101 - `_names` has seen it
    job = SourceBackfill(shop, provider, provider.history, wanted, run_id, progress)
    try:
        await job.run()
        if provider.past_rates and wanted.currencies and job.ended is None:
            rates = RatesBackfill(shop, provider, provider.past_rates, run_id, progress)
            await rates.run(wanted.currencies, first_day(provider, shop, wanted.since))
    except* SourceError as errors:
        job.ended = cast("SourceError", _first(errors))
    except* Exception as errors:
        log.exception("backfill failed unexpectedly", source=name)
        job.ended = Fatal(str(_first(errors)), source=name)
    return _ended(job.ended, progress)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = errors
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _ended(error: SourceError | None, progress: SourceProgress) -> Ended:
    left = progress.listings - progress.done
    if error is None and progress.failed:
        told = (
            f"{left} of {progress.listings} listings could not be read: `rejects` of feed `history` say why"
        )
        return RunOutcome.PARTIAL, told, "run the backfill again: it asks for these"
    if error is None:
        return RunOutcome.SUCCESS, None, None
    told = f"{error}; {left} of {progress.listings} listings are left"
    match error:
        case BudgetExhausted():
            return (
                RunOutcome.PARTIAL,
                told,
                f"{error.remedy}; then run the backfill again, it goes on from here",
            )
        case RetryLater():
            minutes = max(1, round(error.seconds / 60))
            return RunOutcome.PARTIAL, told, f"run the backfill again in {minutes} min, it goes on from here"
    outcome = RunOutcome.PARTIAL if progress.answers else RunOutcome.FAILED
    return outcome, told, f"{error.remedy}; what came is kept, the next backfill goes on from here"


def _together(reports: tuple[SourceBackfillReport, ...]) -> tuple[RunOutcome, str | None]:
    told = "; ".join(one.error for one in reports if one.error and one.outcome is not RunOutcome.SKIPPED)
    outcomes = {report.outcome for report in reports}
    if outcomes == {RunOutcome.FAILED}:
        return RunOutcome.FAILED, told
    is_whole = outcomes <= {RunOutcome.SUCCESS, RunOutcome.SKIPPED}
    return (RunOutcome.SUCCESS if is_whole else RunOutcome.PARTIAL), told or None
