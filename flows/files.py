"""Bringing in a file as a stream: a slice of rows after the other, each stored whole. No Prefect here.

A slice's listings, points, quotes, rejects, counts and checkpoint are stored in one transaction, as a page's are. What
is in memory is one slice, however large the file. Its rows are not kept raw one by one, for the file itself is what was
received: which one it was is kept, by its fingerprint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from flows import wire
from flows.dropped_file import DroppedFile, Mark, Slice, mark_of, open_dropped
from flows.errors import SourceError, SourceSkipped, ToBeContinued, UnusableFile
from flows.observations import Observation, Reader, Told
from flows.reading import reject_of_page
from flows.sources.contract import QUOTES, PageRequest
from flows.sources.dropin import FileSource
from flows.workshop import Workshop, now
from models.outcomes import RunOutcome
from models.records import Quote, RawRecord, Reject
from models.store.history import Point, load_points, points_unlike
from models.store.listings import land_listings, listing_ids
from models.store.months import make_room
from models.store.quotes import land_quotes
from models.store.records import advance_checkpoint, keep_raw, keep_rejects, note_drift, read_checkpoint
from models.store.runs import count_page
from models.tables import Checkpoint

TURN = timedelta(minutes=5)
"""How long a file is read in one run: nothing is published before all sources are through."""


@dataclass(frozen=True, slots=True)
class FileIngest:
    """One run of one file."""

    shop: Workshop
    source: FileSource
    run_id: int

    async def all_rows(self) -> tuple[RunOutcome, Exception | None]:
        """Bring in what the file has and was not read of it. Never raises for what is in it."""
        try:
            await self._read()
        except SourceSkipped as reason:
            return RunOutcome.SKIPPED, reason
        except ToBeContinued as reason:
            return RunOutcome.PARTIAL, reason.at(self.source.name)
        except SourceError as error:
            error.at(self.source.name)
            await self._reject([reject_of_page(*self._feed, PageRequest(self.source.file), error)])
            return RunOutcome.FAILED, error
        except (SQLAlchemyError, psycopg.Error) as error:
            return RunOutcome.FAILED, error
        return RunOutcome.SUCCESS, None

    @property
    def _feed(self) -> tuple[str, str]:
        return self.source.name, QUOTES

    async def _read(self) -> None:
        if self.source.refusal:
            raise UnusableFile(self.source.refusal)
        async with self.shop.sessions() as session:
            checkpoint = await read_checkpoint(session, *self._feed)
        known = mark_of(checkpoint.page, checkpoint.fingerprint) if checkpoint else None
        opened = open_dropped(self.source, self.shop.settings.data_dir)
        with opened.file:
            mark = await to_thread.run_sync(opened.begin, known)
            if checkpoint and checkpoint.completed_at and mark is known and mark.offset == opened.size:
                told = f"{self.source.file} is as it was read on {checkpoint.updated_at:%Y-%m-%d %H:%M}"
                raise SourceSkipped(told, source=self.source.name)
            await self._read_from(opened, mark, is_known=mark is known)

    async def _read_from(self, opened: DroppedFile, mark: Mark, *, is_known: bool) -> None:
        """Read and store slice by slice. `is_known`: rows before the mark were usable."""
        began = now()
        reader = Reader(self.source, opened.dialect, began, opened.written_at(began))
        slices = opened.slices(mark)
        while some := await to_thread.run_sync(next, slices, None):
            told = await to_thread.run_sync(reader.read, some.rows)
            if not told.observed and not (is_known and some.is_last):
                await self._reject(told.rejects)
                raise UnusableFile(_nothing_usable(self.source.file, some, told))
            await make_room(self.shop.sessions, {at for _, at in told.observed})
            await self._store(reader, some, told, began)
            is_known = True
            if now() - began >= TURN and not some.is_last:
                line = f"{some.mark.line:,}"
                raise ToBeContinued(
                    f"{self.source.file} was read to line {line}, the next run goes on from there"
                )
        if not is_known:
            raise UnusableFile(f"{self.source.file} has a header and no row")

    async def _store(self, reader: Reader, some: Slice, told: Told, at: datetime) -> None:
        """Store one slice whole, in one transaction."""
        async with self.shop.sessions.begin() as session:
            await land_listings(session, self.source.name, told.listings.values(), at)
            ids = await listing_ids(session, self.source.name, told.listings)
            new = await self._keep_points(session, reader, told, ids)
            await land_quotes(session, _newest(self.source.name, told, at), ids)
            await keep_rejects(session, told.rejects, self.run_id, at)
            if some.rows and some.rows[0].line == 1:
                await note_drift(session, *self._feed, reader.drift(some.rows[0]), at)
            if some.is_last:
                await keep_raw(session, [self._file(reader, some.mark, at)], self.run_id)
            rejected = len(told.rejects)
            counts = {"fetched": told.received, "new": new, "rejected": rejected}
            counts["unchanged"] = told.received - new - rejected
            await count_page(session, self.run_id, {"pages": 1, **counts})
            await advance_checkpoint(session, self._checkpoint(some, told, at))

    async def _keep_points(
        self, session: AsyncSession, reader: Reader, told: Told, ids: dict[str, int]
    ) -> int:
        """Load the points, and reject the rows that history contradicts; returns how many points were new."""
        by_key = {(ids[seen.source_id], seen.at): seen for seen in told.observed.values()}
        points: Sequence[Point] = [(*key, *seen.numbers) for key, seen in sorted(by_key.items())]
        new = await load_points(session, points)
        unlike = await points_unlike(session, points) if new < len(points) else []
        for listing_id, at, price, cap, volume in unlike:
            seen = by_key[listing_id, at]
            told.rejects.append(reader.contradiction(seen, (price, cap, volume)))
            del told.observed[seen.source_id, at]
        return new

    def _file(self, reader: Reader, mark: Mark, at: datetime) -> RawRecord:
        """Spell which file was read to its end."""
        said = {"columns": list(reader.dialect.columns), "lines": mark.line, "bytes": mark.offset}
        payload = wire.encode({"file": self.source.file, "written_at": reader.written_at.isoformat(), **said})
        return RawRecord(*self._feed, self.source.file, payload, mark.fingerprint, at)

    def _checkpoint(self, some: Slice, told: Told, at: datetime) -> Checkpoint:
        return Checkpoint(
            source=self.source.name,
            feed=QUOTES,
            page=some.mark.page(self.source.file),
            records=told.received,
            fingerprint=some.mark.fingerprint,
            completed_at=at if some.is_last else None,
            updated_at=at,
            run_id=self.run_id,
        )

    async def _reject(self, rejects: Sequence[Reject]) -> None:
        async with self.shop.sessions.begin() as session:
            await keep_rejects(session, rejects, self.run_id, now())
            await count_page(session, self.run_id, {"rejected": len(rejects)})


def _newest(source: str, told: Told, at: datetime) -> list[Quote]:
    """Make the newest of each listing's observations its quote."""
    newest: dict[str, Observation] = {}
    for seen in told.observed.values():
        if seen.source_id not in newest or seen.at > newest[seen.source_id].at:
            newest[seen.source_id] = seen
    return [
        Quote(source, seen.source_id, at, seen.price_usd, seen.at, *seen.numbers[1:])
        for seen in newest.values()
    ]


def _nothing_usable(file: str, some: Slice, told: Told) -> str:
    first, last = some.rows[0].line + 1 if some.rows else some.mark.line, some.mark.line
    reason = f" ({told.rejects[0].reason}: {told.rejects[0].detail})" if told.rejects else ""
    return f"nothing in lines {first} to {last} of {file} can be used{reason}"[:1_000]
