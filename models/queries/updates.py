"""What changed since a moment: for those who are told as it happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_

from models.queries.assets import AssetFilter, AssetOrder, assets
from models.queries.paging import Rows, ordered
from models.queries.runs import Reader, RunFilter, runs
from models.queries.tables import ASSETS, RUNS


def changed_assets(uids: Sequence[str] | None, since: datetime, stale_before: datetime) -> Rows:
    """Select the assets of these uids, or of all, about which something was published after a moment, largest first."""
    wanted = AssetFilter(uids=None if uids is None else tuple(uids))
    changed = assets(wanted, stale_before).where(ASSETS.c.updated_at > since)
    return ordered(changed, AssetOrder.MARKET_CAP_DESC.value)


def moved_runs(since: datetime, *, first: int, reader: Reader) -> Rows:
    """Select the runs that began or ended after a moment, oldest first."""
    moved = or_(RUNS.c.started_at > since, RUNS.c.finished_at > since)
    return runs(RunFilter(), reader=reader).where(moved).order_by(RUNS.c.id).limit(first)
