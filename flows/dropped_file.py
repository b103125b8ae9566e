"""A file of the data folder while it is read: where reading stands, and whether it is still the same file.

What was read is kept as a fingerprint. A file that begins with just that was only appended to, and is read on from
there; any other is read anew. One that changes while it is read is left, for nobody knows which of its bytes belong
together: the next run reads what it has become.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qs

from flows.csv_stream import BLOCK, Dialect, Row, dialect_of, read_lines, rows_in
from flows.errors import RetryNow, SourceSkipped, UnusableFile
from flows.fields import GENESIS
from flows.sources.contract import PageRequest
from flows.sources.dropin import FileSource

_LINE, _OFFSET = "line", "offset"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a file was read: in lines that were ended and in bytes, and the fingerprint of these bytes."""

    line: int
    offset: int
    fingerprint: bytes

    def page(self, file: str) -> str:
        """Spell it as the page of a checkpoint."""
        return PageRequest(file, {_LINE: str(self.line), _OFFSET: str(self.offset)}).key


def mark_of(page: str, fingerprint: bytes) -> Mark | None:
    """Read a checkpoint's mark; None where it is of something else."""
    said = parse_qs(page.rpartition("?")[2])
    try:
        return Mark(int(said[_LINE][0]), int(said[_OFFSET][0]), fingerprint)
    except (LookupError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Slice:
    """Some rows of a file, one after the other, and the mark behind them."""

    rows: list[Row]
    mark: Mark
    is_last: bool


@dataclass(slots=True)
class DroppedFile:
    """An open file, from `begin` to the end of its `slices`."""

    source: FileSource
    path: Path
    file: BinaryIO
    _before: os.stat_result
    _hash: blake2b = field(init=False)
    dialect: Dialect = field(init=False)

    def __post_init__(self) -> None:
        self._rewind()

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._before.st_size

    def written_at(self, now: datetime) -> datetime:
        """Return when it was written; `now` where its own time cannot be."""
        at = datetime.fromtimestamp(self._before.st_mtime, tz=UTC)
        return at if GENESIS <= at <= now else now

    def begin(self, known: Mark | None) -> Mark:
        """Read the header, and find where to read on. Raises `UnusableFile` where it is no such file."""
        header = next(iter(read_lines(self.file)), b"")
        if not header.strip(b"\xef\xbb\xbf \r\n"):
            raise UnusableFile(f"{self.source.file} is empty")
        self.dialect = dialect_of(header, sorted(set(self.source.columns.values())))
        if known and self._is_as_it_was(known):
            return known
        self._rewind()
        self._hash.update(self.file.read(len(header)))
        return Mark(int(header[-1:] in b"\r\n"), len(header), self._hash.digest())

    def slices(self, mark: Mark) -> Iterator[Slice]:
        """Read on from a mark. Raises `RetryNow` as soon as the file is no longer what it was."""
        while mark.offset < self.size:
            self.file.seek(mark.offset)
            lines = read_lines(self.file)
            is_last = self.file.tell() >= self.size
            rows, taken = rows_in(lines, self.dialect, is_last=is_last)
            brought = b"".join(lines[:taken])
            self._hash.update(brought)
            self._expect_unchanged()
            rows = [row._replace(line=mark.line + row.line) for row in rows]
            ended = taken - (brought[-1:] not in b"\r\n")
            mark = Mark(mark.line + ended, mark.offset + len(brought), self._hash.digest())
            yield Slice(rows, mark, is_last=mark.offset >= self.size)

    def _rewind(self) -> None:
        self.file.seek(0)
        self._hash = blake2b(self.source.reading.encode(), digest_size=16)

    def _is_as_it_was(self, known: Mark) -> bool:
        """Tell whether the file begins with what was read of it, and goes on with a new line."""
        self._rewind()
        left, last = known.offset, b"\n"
        while left and (block := self.file.read(min(left, BLOCK))):
            self._hash.update(block)
            left, last = left - len(block), block[-1:]
        goes_on = self.file.read(1)
        return self._hash.digest() == known.fingerprint and (last in b"\r\n" or goes_on in b"\r\n")

    def _expect_unchanged(self) -> None:
        if not _is_still(self._before, self.file, self.path):
            told = f"{self.source.file} changed while it was read; what was loaded before stays"
            raise RetryNow(f"{told}, the next run reads what it is then")


def open_dropped(source: FileSource, folder: Path) -> DroppedFile:
    """Open a file. Raises `SourceSkipped` where there is none, `UnusableFile` where it may not be read."""
    path = folder / source.file
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise SourceSkipped(f"there is no {path} yet") from None
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read: {error.strerror}") from error
    return DroppedFile(source, path, file, os.fstat(file.fileno()))


def _is_still(before: os.stat_result, file: BinaryIO, path: Path) -> bool:
    """Tell whether an open file is what it was, and is still the one at its path."""
    try:
        now = (os.fstat(file.fileno()), path.stat())
    except OSError:
        return False
    return {_identity(one) for one in now} == {_identity(before)}


def _identity(stat: os.stat_result) -> tuple[int, ...]:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns
