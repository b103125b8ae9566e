"""The whole run in order: every source at once, then unify and publish. One orchestration, with or without Prefect.

Prefect's flows pass steps that retry, cache and show in its UI; `python -m flows run` passes the plain ones.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

import structlog

from flows.alerting.delivery import deliver
from flows.alerting.targets import targets_of
from flows.engine import Errand, SourceReport, ingest_source
from flows.retention import TidyReport, tidy
from flows.unification import PublishReport, unify_and_publish
from flows.workshop import FILES_AT_ONCE, Workshop, begin_run, now, skip_run
from models.outcomes import RunOutcome
from models.store.runs import finish_run, sole_run, total_children

log = structlog.get_logger(__name__)

FLOW = "etl"
UNDER_WAY = "another etl run is under way"

IngestStep = Callable[[Workshop, str, Errand], Awaitable[SourceReport]]
"""(workshop, source's name, errand) -> report: `engine.ingest_source` or a task around it."""

PublishStep = Callable[[Workshop, int | None], Awaitable[PublishReport]]
"""(workshop, parent run) -> report: `unification.unify_and_publish` or a task around it."""

TidyStep = Callable[[Workshop], Awaitable[TidyReport]]
"""workshop -> report: `retention.tidy` or a task around it."""


@dataclass(frozen=True, slots=True)
class EtlReport:
    """How a whole run went."""

    outcome: RunOutcome
    sources: tuple[SourceReport, ...]
    published: PublishReport | None
    error: str | None = None
    tidied: TidyReport | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a run: plain by default."""

    ingest: IngestStep = ingest_source
    publish: PublishStep = unify_and_publish
    tidy: TidyStep = tidy


PLAIN = Steps()


async def run_etl(
    shop: Workshop,
    names: Sequence[str] | None = None,
    steps: Steps = PLAIN,
    *,
    top_n: int | None = None,
) -> EtlReport:
    """Bring in the named sources side by side, then publish and tidy. One failing stops no other.

    None means all but those that are benched; who names a source wants it tried.
    """
    wanted = [shop.known(name) for name in names or shop.names]
    only = wanted[0] if len(wanted) == 1 else None
    async with sole_run(shop.sessions, FLOW) as is_ours:
        if not is_ours:
            await skip_run(shop, FLOW, UNDER_WAY, source=only)
            return EtlReport(RunOutcome.SKIPPED, (), None, UNDER_WAY)
        run_id = await begin_run(shop, FLOW, source=only)
        errand = Errand(run_id, top_n, heeds_bench=not names)
        report = await _ingest_and_publish(shop, wanted, steps, errand)
        async with shop.sessions.begin() as session:
            await total_children(session, run_id)
            version = report.published.version if report.published else None
            await finish_run(
                session, run_id, report.outcome, now(), error=report.error, dataset_version=version
            )
        if report.outcome is RunOutcome.FAILED:
            await deliver(shop.sessions, targets_of(shop.settings), now)
        return replace(report, tidied=await steps.tidy(shop))


async def _ingest_and_publish(
    shop: Workshop, wanted: Sequence[str], steps: Steps, errand: Errand
) -> EtlReport:
    in_turn = asyncio.Semaphore(FILES_AT_ONCE)

    async def ingest(name: str) -> SourceReport:
        async with in_turn if name in shop.files else nullcontext():
            return await steps.ingest(shop, name, errand)

    ended = await asyncio.gather(*map(ingest, wanted), return_exceptions=True)
    reports = tuple(_as_report(name, end) for name, end in zip(wanted, ended, strict=True))
    told = "; ".join(report.error for report in reports if report.error and not _is_well(report))
    if all(report.is_down for report in reports):
        return EtlReport(RunOutcome.FAILED, reports, None, told)
    published = await steps.publish(shop, errand.parent_id)
    told = "; ".join(filter(None, (told, *published.problems)))
    is_whole = all(map(_is_well, reports)) and not published.problems
    return EtlReport(RunOutcome.SUCCESS if is_whole else RunOutcome.PARTIAL, reports, published, told or None)


def _is_well(report: SourceReport) -> bool:
    """Whether a source was brought in whole, or there was nothing to bring in."""
    return report.outcome in {RunOutcome.SUCCESS, RunOutcome.SKIPPED} and not report.is_benched


def _as_report(name: str, end: SourceReport | BaseException) -> SourceReport:
    if isinstance(end, SourceReport):
        return end
    if not isinstance(end, Exception):
        raise end  # a cancelled run stops; it is no source's failure
    log.error("source failed", source=name, error=str(end))
    return SourceReport(name, RunOutcome.FAILED, error=f"{name}: {end}", remedy="see the run's log")
