"""How Alembic runs our migrations: on the connection that `models.migrate` opened and locked."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from models.tables import metadata


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the monthly partitions: the store makes them as prices arrive."""
    return not (kind == "table" and name is not None and name.startswith("price_points_"))


def _spell(kind: str, value: object, _context: AutogenContext) -> str | Literal[False]:
    """Write SQLModel's own types as the SQLAlchemy types behind them, so that a migration stands alone."""
    if kind == "type" and isinstance(value, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(value, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_name=_is_ours,
    render_item=_spell,
    transaction_per_migration=True,
)
context.run_migrations()
