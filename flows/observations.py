"""From the rows of a file to what they tell: listings, prices at moments, and rejects with their lines. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from flows import wire
from flows.cells import moment_of, number_of, words_of
from flows.csv_stream import Dialect, Row
from flows.errors import RecordRejected
from flows.fields import id_of, positive, price_of
from flows.sources.contract import QUOTES
from flows.sources.dropin import FileSource
from models.records import Listing, Reject

LINE_KEPT = 2_000
"""How many characters of a line that is no row are kept with its reject."""


Numbers = tuple[Decimal, Decimal | None, Decimal | None]
"""Price, market cap and volume."""


class Observation(NamedTuple):
    """What one listing cost at one moment, and the row that says so."""

    row: Row
    source_id: str
    at: datetime
    price_usd: Decimal
    market_cap_usd: Decimal | None
    volume_usd_24h: Decimal | None

    @property
    def numbers(self) -> Numbers:
        """The numbers, as a point of history has them."""
        return self[3:]


@dataclass(slots=True)
class Told:
    """What some rows of a file tell."""

    received: int = 0
    listings: dict[str, Listing] = field(default_factory=dict)
    observed: dict[tuple[str, datetime], Observation] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reader:
    """How the rows of one file are read, in one run."""

    source: FileSource
    dialect: Dialect
    now: datetime
    written_at: datetime
    """When the file was written: the moment of a row that has none of its own."""

    def read(self, rows: Iterable[Row]) -> Told:
        """Read rows. Of two that say something of the same moment the first counts, for history never changes."""
        told = Told()
        observe = self._observer()
        for row in rows:
            told.received += 1
            try:
                seen, symbol, name = observe(row)
            except RecordRejected as error:
                told.rejects.append(self._reject(row, error.reason, error.detail))
                continue
            first = told.observed.setdefault((seen.source_id, seen.at), seen)
            if first.numbers != seen.numbers:
                told.rejects.append(self.contradiction(seen, first.numbers))
            _note(told.listings, Listing(self.source.name, seen.source_id, symbol, name))
        return told

    def contradiction(self, seen: Observation, known: Numbers) -> Reject:
        """Reject a row that says of a moment what history has otherwise."""
        told = f"{_shown(known)} is known for {seen.at:%Y-%m-%d %H:%M:%S} UTC, and stays"
        return self._reject(seen.row, "known_otherwise", f"{told}; this row has {_shown(seen.numbers)}")

    def drift(self, row: Row) -> dict[str, str]:
        """Show the columns that nobody reads, with a row's value as JSON text."""
        named = zip(self.dialect.columns, row.cells, strict=False)
        read = set(self.source.columns.values())
        return {wire.printable(name): wire.encode(cell or None) for name, cell in named if name not in read}

    def _observer(self) -> Callable[[Row], tuple[Observation, str | None, str | None]]:
        """Return a function that reads one row, with everything looked up that is the same in all of them."""
        columns, every, now = self.source.columns, self.source.every, self.now
        places = {meaning: self.dialect.columns.index(column) for meaning, column in columns.items()}
        form, mark, separator = self.source.dates, self.source.decimal, self.dialect.separator

        def number(row: Row, meaning: str) -> Decimal | None:
            place = places.get(meaning)
            if place is None:
                return None
            return number_of(row.cells[place], columns[meaning], separator=separator, point=mark)

        def words(row: Row, meaning: str) -> str | None:
            place = places.get(meaning)
            return every.get(meaning) if place is None else words_of(row.cells[place], columns[meaning])

        def moment(row: Row) -> datetime:
            place = places.get("updated_at")
            if place is None:
                return self.written_at
            return moment_of(row.cells[place], columns["updated_at"], now=now, form=form) or self.written_at

        def observe(row: Row) -> tuple[Observation, str | None, str | None]:
            if row.fault:
                raise RecordRejected("malformed_row", row.fault)
            source_id = id_of(words(row, "source_id"), columns.get("source_id", "source_id"))
            at, price = moment(row), price_of(number(row, "price_usd"), columns.get("price_usd", "price_usd"))
            cap, volume = positive(number(row, "market_cap_usd")), number(row, "volume_usd_24h")
            return (
                Observation(row, source_id, at, price, cap, volume),
                words(row, "symbol"),
                words(row, "name"),
            )

        return observe

    def _reject(self, row: Row, reason: str, detail: str) -> Reject:
        cells: Mapping[str, object] = {"line": self.dialect.separator.join(row.cells)[:LINE_KEPT]}
        if not row.fault:
            named = zip(self.dialect.columns, row.cells, strict=True)
            cells = {wire.printable(name): cell[:LINE_KEPT] or None for name, cell in named}
        payload = wire.encode(cells)
        place = (self.source.name, QUOTES, f"line {row.line + 1}")
        return Reject(*place, reason, wire.printable(detail), payload, wire.hash_of(payload))


def _shown(numbers: Numbers) -> str:
    price, *others = numbers
    named = zip(("market cap", "volume"), others, strict=True)
    return ", ".join([str(price), *(f"{name} {number}" for name, number in named if number is not None)])


def _note(listings: dict[str, Listing], said: Listing) -> None:
    """Keep what a listing is called: what the later row says, else the earlier."""
    known = listings.get(said.source_id, said)
    if known is said or (known.symbol, known.name) != (said.symbol, said.name):
        names = said.symbol or known.symbol, said.name or known.name
        listings[said.source_id] = Listing(said.source, said.source_id, *names)
