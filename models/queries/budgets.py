"""What each source may still be asked, and until when it is left alone."""

from __future__ import annotations

from sqlalchemy import case, func, select

from models.queries.paging import Parents, Rows, among
from models.queries.tables import BUDGETS


def budgets_of(sources: Parents[str]) -> Rows:
    """Select each source's budget as of its last request; one that nobody asked over the network has none."""
    spent = BUDGETS.c.spent_current + BUDGETS.c.spent_history
    is_exhausted = BUDGETS.c.exhausted_because.is_not(None) & (BUDGETS.c.period_ends_at > func.now())
    is_paused = BUDGETS.c.paused_until > func.now()
    is_slowed = BUDGETS.c.next_at > func.now()
    return select(
        BUDGETS.c.source.label("parent"),
        BUDGETS.c.requests_per_minute,
        BUDGETS.c.allowed_per_minute,
        BUDGETS.c.a_month.label("limit"),
        spent.label("spent"),
        BUDGETS.c.spent_current,
        BUDGETS.c.spent_history,
        case((BUDGETS.c.a_month.is_not(None), func.greatest(BUDGETS.c.a_month - spent, 0))).label("left"),
        BUDGETS.c.period_ends_at,
        case((is_exhausted, BUDGETS.c.period_ends_at), (is_paused, BUDGETS.c.paused_until)).label(
            "paused_until"
        ),
        case((is_slowed, BUDGETS.c.next_at)).label("next_at"),
        case(
            (is_exhausted, BUDGETS.c.exhausted_because),
            (is_paused, BUDGETS.c.paused_because),
            (is_slowed, BUDGETS.c.next_because),
        ).label("reason"),
    ).where(among(BUDGETS.c.source, sources))
