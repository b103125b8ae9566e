"""The `etl` flow: every source at once, then unify and publish. `bootstrap` is its first run on a new database."""

from __future__ import annotations

from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State

from flows.market_csv import refresh_csv
from flows.pipeline import EtlReport, run_etl
from flows.report import etl_report
from flows.runbook import end_of, leave
from flows.tasks import cached_fetch, prefect_steps, prune_cache, run_name
from flows.workshop import Workshop, open_workshop

BOOTSTRAP_TOP_N = 100


@flow(name="etl", flow_run_name=run_name)
async def etl(sources: list[str] | None = None, *, refresh: bool = False) -> State[Any]:
    """Bring in the named sources (None: all), decide which listings are which assets, and publish.

    `refresh` asks the providers again, also within their cache time.
    """
    async with open_workshop(prefect_run_id=runtime.flow_run.id) as shop:
        report = await run_etl(shop, sources, prefect_steps(refresh=refresh))
        return await _shown(shop, report)


@flow(name="bootstrap", flow_run_name=run_name)
async def bootstrap(top_n: int = BOOTSTRAP_TOP_N) -> State[Any]:
    """Fill a new database: CoinCap's file, every source's identity lists, and the top coins."""
    async with open_workshop(prefect_run_id=runtime.flow_run.id) as shop:
        await refresh_csv(shop, fetch=cached_fetch(refresh=False))
        report = await run_etl(shop, None, prefect_steps(refresh=False), top_n=top_n)
        return await _shown(shop, report)


async def _shown(shop: Workshop, report: EtlReport) -> State[Any]:
    """Leave what people want to see, and end the flow as the run ended: a lost source is no success."""
    await leave(shop, "etl", etl_report(report))
    await prune_cache()
    told = "; ".join(f"{source.error} → {source.remedy}" for source in report.sources)
    return end_of(report.outcome, report.error, f"every source failed: {told}")
