"""The database itself: what it is, and how large."""

from __future__ import annotations

from sqlalchemy import column, func, literal_column, select, table

from models.queries.paging import Rows

_ROW_COUNTS = table("pg_stat_user_tables", column("relid"), column("relname"), column("n_live_tup"))
_ACTIVITY = table("pg_stat_activity", column("datname"))


def server() -> Rows:
    """Select one row: the server's version, who asks, the database's size, and its connections."""
    name = func.current_database()
    connections = select(func.count()).select_from(_ACTIVITY).where(_ACTIVITY.c.datname == name)
    return select(
        func.version().label("version"),
        literal_column("current_user::text").label("role"),
        func.pg_database_size(name).label("bytes"),
        connections.scalar_subquery().label("connections"),
    )


def table_sizes() -> Rows:
    """Select every table, largest first: how many rows the statistics believe in, and its bytes with indexes."""
    size = func.pg_total_relation_size(_ROW_COUNTS.c.relid).label("bytes")
    return select(_ROW_COUNTS.c.relname.label("name"), _ROW_COUNTS.c.n_live_tup.label("rows"), size).order_by(
        size.desc(), _ROW_COUNTS.c.relname
    )
