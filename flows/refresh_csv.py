"""The `refresh-csv` flow: write data/crypto_market.csv from CoinCap's API."""

from __future__ import annotations

from typing import Any

from prefect import flow, runtime
from prefect.client.schemas.objects import State

from flows import market_csv
from flows.runbook import end_of
from flows.tasks import cached_fetch, run_name
from flows.workshop import open_workshop

SCHEDULED = "auto-scheduled"
"""The tag that Prefect's scheduler gives to its runs."""


@flow(name="refresh-csv", flow_run_name=run_name)
async def refresh_csv(*, refresh: bool = False) -> State[Any]:
    """Replace the file with what CoinCap answers now. Without a key nothing is asked and the file stays.

    So it does while CoinCap is benched, where nobody but the schedule asked for this run.
    """
    is_scheduled = SCHEDULED in runtime.flow_run.tags
    async with open_workshop(prefect_run_id=runtime.flow_run.id) as shop:
        fetch = cached_fetch(refresh=refresh)
        report = await market_csv.refresh_csv(shop, fetch=fetch, heeds_bench=is_scheduled)
    told = report.error or f"{report.rows} rows in {report.path}"
    return end_of(report.outcome, told, f"{report.error} → {report.remedy}")
