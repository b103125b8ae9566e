"""Ways of bringing rows into Postgres. Each takes rows that are ready, and tells the seconds until they are committed."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import create_engine, make_url
from sqlmodel import Session

from models.db import psycopg_url
from models.tables import LandedQuote
from tests.benchmarks import ours

Row = Mapping[str, Any]
QUOTE_TYPES = ("int8", *("numeric",) * 9, "int4", "timestamptz", "timestamptz")
POINT_TYPES = ("int8", "timestamptz", "numeric", "numeric", "numeric")
POINT_COLUMNS = ("listing_id", "observed_at", "price_usd", "market_cap_usd", "volume_usd_24h")
DIGITS = {"data_type": "decimal", "precision": 60, "scale": 24}
"""Unless told, dlt keeps nine digits after the point; small coins need more."""


def copy_raw(url: str, table: str, columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]]) -> float:  # fmt: skip
    """COPY, binary, into a new table without index, key or check: the limit."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    into = sql.SQL("COPY raw_{} ({}) FROM STDIN (FORMAT BINARY)").format(sql.SQL(table), names)
    with psycopg.connect(url) as connection:
        connection.execute(f"DROP TABLE IF EXISTS raw_{table}")
        connection.execute(f"CREATE TABLE raw_{table} AS SELECT * FROM {table} WITH NO DATA")
        connection.commit()
        began = time.perf_counter()
        with connection.cursor() as cursor, cursor.copy(into) as copy:
            copy.set_types(list(types))
            for row in rows:
                copy.write_row(row)
        connection.commit()
        return time.perf_counter() - began


def merge_by_orm(url: str, rows: Sequence[Row]) -> float:
    """`session.merge` for each row, as SQLModel's documentation shows an upsert, and one commit."""
    engine = create_engine(psycopg_url(url))
    try:
        with Session(engine) as session:
            session.connection()
            began = time.perf_counter()
            for row in rows:
                session.merge(LandedQuote(**row))
            session.commit()
            return time.perf_counter() - began
    finally:
        engine.dispose()


def merge_by_dlt(url: str, rows: Sequence[Row], folder: Path) -> float:
    """Run dlt's pipeline with the disposition `merge` by primary key, from dicts, into a table of its own."""
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL", "DLT_DATA_DIR": str(folder)}  # fmt: skip
    import dlt  # noqa: PLC0415 - only `make bench` installs it, and it reads its settings when it is imported

    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder),
        destination=dlt.destinations.postgres(credentials=_for_libpq(url)),
        dataset_name="by_dlt",
    )
    numbers = {
        name: DIGITS for name, kind in zip(ours.QUOTE_COLUMNS, QUOTE_TYPES, strict=True) if kind == "numeric"
    }
    began = time.perf_counter()
    pipeline.run(
        list(rows), table_name="quotes", write_disposition="merge", primary_key="listing_id", columns=numbers
    )
    return time.perf_counter() - began


def _for_libpq(url: str) -> str:
    """Write the folder of a socket where dlt expects a host."""
    parsed = make_url(url)
    host = parsed.host or str(parsed.query.get("host", "127.0.0.1")).replace("/", "%2F")
    port = parsed.port or parsed.query.get("port", "5432")
    return f"postgresql://{parsed.username}:{parsed.password or 'none'}@{host}:{port}/{parsed.database}"
