"""A run's report as a person reads it, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from flows.engine import SourceReport
from flows.history.backfilling import BackfillReport, SourceBackfillReport
from flows.pipeline import EtlReport
from flows.replay import ReplayReport
from flows.retention import TidyReport
from flows.unification import PublishReport
from models.outcomes import RunOutcome

_HEAD = (
    "| source | outcome | fetched | new | changed | unchanged | rejected | seconds |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|\n"
)
_BACKFILL_HEAD = (
    "| source | outcome | listings done | answers | points | new | rejected | seconds |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|\n"
)


def backfill_report(report: BackfillReport) -> str:
    """Tell how a backfill went: a row for each source, and when to go on with what is left."""
    rows = "".join(map(_backfill_row, report.sources))
    told = "" if report.sources else f"{report.error}\n"
    return f"**{report.outcome}**\n\n{_BACKFILL_HEAD}{rows}{told}{_failures(report.sources)}"


def sources_report(sources: Sequence[SourceReport]) -> str:
    """Tell how sources were brought in: a row for each, and what to do about what failed."""
    return f"{_HEAD}{''.join(map(_row, sources))}\n{_failures(sources)}"


def etl_report(report: EtlReport) -> str:
    """Tell how a whole run went: a row for each source, what was published, and what to do about what failed."""
    if report.outcome is RunOutcome.SKIPPED:
        return f"**{report.outcome}**: {report.error}\n"
    rows = "".join(map(_row, report.sources))
    published = publish_report(report.published) if report.published else "Nothing was published.\n"
    tidied = _tidied(report.tidied) if report.tidied else ""
    return f"**{report.outcome}**\n\n{_HEAD}{rows}\n{published}{tidied}{_failures(report.sources)}"


def publish_report(report: PublishReport) -> str:
    """Tell what a publication did."""
    conflicts = "".join(f"- {detail}\n" for detail in (*report.problems, *report.conflicts[:20]))
    if not report.version:
        return f"Nothing is published yet.\n{conflicts}"
    alerts = f"{report.alerts} price alerts fired.\n" if report.alerts else ""
    holds = f"{report.held} quotes are held: `heldQuotes` lists them.\n" if report.held else ""
    confirmed = f"{report.confirmed} quotes that were held were confirmed.\n" if report.confirmed else ""
    return (
        f"Dataset version {report.version}: {report.assets.new} new and {report.assets.changed} changed assets "
        f"from {report.listings} listings, {report.in_review} links for review, in {report.seconds:.1f} s.\n{alerts}{holds}{confirmed}{conflicts}"
    )


def replay_report(report: ReplayReport) -> str:
    """Tell what a replay went through."""
    if report.published is None:
        return f"**{report.outcome}**: {report.error}\n"
    quotes = report.quotes
    return (
        f"{report.pages:,} pages with {report.records:,} records were read again: {quotes.new:,} new and "
        f"{quotes.changed:,} changed quotes.\n\n{publish_report(report.published)}"
    )


def _row(one: SourceReport) -> str:
    counts = (one.fetched, one.new, one.changed, one.unchanged, one.rejected)
    return f"| {one.source} | {one.outcome} | {' | '.join(f'{count:,}' for count in counts)} | {one.seconds:.1f} |\n"


def _backfill_row(one: SourceBackfillReport) -> str:
    count = one.progress
    counts = (count.answers, count.points, count.new, count.rejected)
    done = f"{count.done:,} of {count.listings:,}"
    numbers = " | ".join(f"{number:,}" for number in counts)
    return f"| {one.source} | {one.outcome} | {done} | {numbers} | {one.seconds:.1f} |\n"


def _failures(sources: Sequence[SourceReport] | Sequence[SourceBackfillReport]) -> str:
    return "".join(f"\n{one.error}\n→ {one.remedy or 'none needed'}\n" for one in sources if one.error)


def _tidied(report: TidyReport) -> str:
    gone = ", ".join(f"{rows:,} of {table}" for table, rows in report.pruned.items())
    told = f"Pruned, older than the settings keep: {gone}.\n" if gone else ""
    return told + (f"{report.error}\n" if report.error else "")
