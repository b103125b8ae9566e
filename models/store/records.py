"""Writing down what was received: raw records, rejects, drift and checkpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

from sqlalchemy import cast, literal, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from models.records import RawRecord, Reject
from models.store.bulk import add_missing, sliced
from models.tables import Checkpoint, RawPage, RejectedRecord, SourceDrift
from models.tables import RawRecord as RawRow

_KEYS = text(
    "SELECT r.id FROM unnest(cast(:ids AS text[]), cast(:hashes AS bytea[]))"
    " WITH ORDINALITY AS told (record_id, content_hash, place)"
    " JOIN raw_records AS r ON r.source = :source AND r.feed = :feed"
    " AND r.record_id = told.record_id AND r.content_hash = told.content_hash ORDER BY place"
)


async def keep_raw(session: AsyncSession, records: Iterable[RawRecord], run_id: int) -> list[int]:
    """Keep payloads of one feed as received, the same content once; returns their keys in the order they came."""
    return list(chain.from_iterable([await _keep_raw(session, some, run_id) for some in sliced(records)]))


async def _keep_raw(session: AsyncSession, records: Sequence[RawRecord], run_id: int) -> Iterable[int]:
    unique = {(record.feed, record.record_id, record.content_hash): record for record in records}
    rows = [
        {
            "source": record.source,
            "feed": record.feed,
            "record_id": record.record_id,
            "payload": record.payload,
            "content_hash": record.content_hash,
            "fetched_at": record.fetched_at,
            "run_id": run_id,
        }
        for record in unique.values()
    ]
    await add_missing(session, RawRow, rows, ("source", "feed", "record_id", "content_hash"))
    told: dict[str, object] = {
        "source": records[0].source,
        "feed": records[0].feed,
        "ids": [record.record_id for record in records],
        "hashes": [record.content_hash for record in records],
    }
    return (await session.execute(_KEYS, told)).scalars()


async def keep_page(session: AsyncSession, page: RawPage) -> None:
    """Keep which payloads came together, in which order and why: `keep_raw` tells their keys."""
    session.add(page)
    await session.flush()


async def keep_rejects(session: AsyncSession, rejects: Iterable[Reject], run_id: int, at: datetime) -> int:
    """Keep what could not be used, the same content and reason once; returns how many were new."""
    return sum([await _keep_rejects(session, some, run_id, at) for some in sliced(rejects)])


async def _keep_rejects(session: AsyncSession, rejects: Iterable[Reject], run_id: int, at: datetime) -> int:
    unique = {
        (reject.feed, reject.record_id, reject.reason, reject.content_hash): reject for reject in rejects
    }
    rows = [
        {
            "source": reject.source,
            "feed": reject.feed,
            "record_id": reject.record_id,
            "reason": reject.reason,
            "detail": reject.detail,
            "payload": reject.payload,
            "content_hash": reject.content_hash,
            "rejected_at": at,
            "run_id": run_id,
        }
        for reject in unique.values()
    ]
    return await add_missing(
        session, RejectedRecord, rows, ("source", "feed", "record_id", "reason", "content_hash")
    )


async def note_drift(
    session: AsyncSession, source: str, feed: str, examples: Mapping[str, str], at: datetime
) -> None:
    """Note keys that nobody expected, each once, with the first value seen (as JSON text)."""
    for field, example in sorted(examples.items()):
        entry = insert(SourceDrift).values(
            source=source, feed=feed, field=field, example=cast(literal(example), JSONB), first_seen_at=at
        )
        await session.execute(entry.on_conflict_do_nothing())


async def advance_checkpoint(session: AsyncSession, checkpoint: Checkpoint) -> None:
    """Write how far a feed got. A page (completed_at None) leaves the time of the last full pass as it was."""
    values = checkpoint.model_dump()
    entry = insert(Checkpoint).values(values)
    kept = ("source", "feed") if checkpoint.completed_at else ("source", "feed", "completed_at")
    await session.execute(
        entry.on_conflict_do_update(
            index_elements=["source", "feed"],
            set_={name: entry.excluded[name] for name in values if name not in kept},
        )
    )


async def read_checkpoint(session: AsyncSession, source: str, feed: str) -> Checkpoint | None:
    """Return how far a feed got; None if it was never walked."""
    return await session.get(Checkpoint, (source, feed))


async def completed_at(session: AsyncSession, source: str, feed: str) -> datetime | None:
    """Return when a feed was last walked to its end; None if never."""
    checkpoint = await read_checkpoint(session, source, feed)
    return checkpoint.completed_at if checkpoint else None
