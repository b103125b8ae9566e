"""CSV files that a user drops into the data folder, each a source of its own, as `data/sources.toml` maps them.

    [prices]                                  # the source's name
    file = "prices.csv"
    columns = { source_id = "id", name = "name", price_usd = "value", updated_at = "timestamp" }

CoinGecko's daily export needs no entry: `btc-usd-max.csv` is the source `btc-usd-max`, with one listing, `btc`.
Each row is a point in history, and the newest row of an id its quote.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

INDEX = "sources.toml"

MAPPABLE = ("source_id", "price_usd", "name", "symbol", "updated_at", "market_cap_usd", "volume_usd_24h")
"""What a file's columns may stand for; the first two must be there."""

SAME = ("source_id", "name", "symbol")
"""What may be the same in every row of a file, instead of a column."""

SETTINGS = ("file", "title", "columns", "every", "asset", "dates", "decimal")
"""What an entry may say."""

EXPORT = {
    "updated_at": "snapped_at",
    "price_usd": "price",
    "market_cap_usd": "market_cap",
    "volume_usd_24h": "total_volume",
}
"""The columns of CoinGecko's daily export."""

_EXPORTED = re.compile(r"(?P<coin>.+)-(?P<currency>[a-z]{2,5})-max\.csv", re.IGNORECASE)
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class FileSource:
    """A CSV file as a source: what its columns stand for, and how its cells are written."""

    name: str
    title: str
    file: str
    columns: Mapping[str, str]
    """Meaning -> column."""
    every: Mapping[str, str] = field(default_factory=dict)
    """Meaning -> what every row says."""
    asset: str | None = None
    """The uid of the asset that the file's one listing is, by the word of whoever wrote the entry."""
    dates: str | None = None
    """A strptime form that is tried before all others."""
    decimal: str | None = None
    """The decimal mark, where a number alone would not tell."""
    refusal: str | None = None
    """Why it cannot be read at all."""

    @property
    def reading(self) -> str:
        """Spell what readings depend on beside the file itself: another mapping reads the same file anew."""
        return repr((sorted(self.columns.items()), sorted(self.every.items()), self.dates, self.decimal))


def drop_ins(data_dir: Path) -> dict[str, FileSource]:
    """Return a source for each file that `sources.toml` maps, or that is named as an export, and is there.

    Raises ValueError, naming the entry, where the mapping cannot be used.
    """
    mapped = mapped_in(data_dir)
    known = {source.file for source in mapped}
    names = sorted(path.name for path in data_dir.glob("*") if path.name not in known)
    sources: dict[str, FileSource] = {}
    exports = [export for name in names if (export := export_of(name))]
    for source in (one for one in (*mapped, *exports) if (data_dir / one.file).is_file()):
        if (other := sources.setdefault(source.name, source)) is not source:
            raise ValueError(
                f"{data_dir / INDEX}: {other.file} and {source.file} would both be [{source.name}]"
            )
    return sources


def mapped_in(data_dir: Path) -> list[FileSource]:
    """Return the sources that `sources.toml` maps, also of files that are not there. Raises like `drop_ins`."""
    index = data_dir / INDEX
    return [_mapped(index, name, entry) for name, entry in _entries(index).items()]


def _entries(index: Path) -> dict[str, Any]:
    if not index.is_file():
        return {}
    try:
        return tomllib.loads(index.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{index} is no TOML: {error}") from error


def export_of(file: str) -> FileSource | None:
    """Read what the name of CoinGecko's daily export says; None where it is no such name.

    Its first part is what the exporter calls the coin, a symbol mostly: evidence, which asset it is others decide.
    """
    named = _EXPORTED.fullmatch(file)
    if named is None:
        return None
    stem = re.sub(r"[^a-z0-9_-]+", "-", Path(file).stem.lower())
    coin, currency = named["coin"].lower(), named["currency"].lower()
    in_dollars = currency == "usd"
    return FileSource(
        name=stem if _NAME.fullmatch(stem) else f"csv-{stem.lstrip('-_')}",
        title=f"{file} (CoinGecko's daily export)",
        file=file,
        columns=EXPORT,
        every={"source_id": coin, "symbol": coin},
        refusal=None
        if in_dollars
        else f"{file} has prices in {currency}, and only dollars can be read: export it in usd",
    )


def _mapped(index: Path, name: str, entry: object) -> FileSource:
    """Read one entry. Without columns it is about an export."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{index}: [{name}] is no source's name: small letters, digits, - and _ only")
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
        raise ValueError(f'{index}: [{name}] needs file = "….csv" and columns = {{ … }}')
    problem = next(_problems(entry), None)
    if problem:
        raise ValueError(f"{index}: [{name}] {problem}")
    file, export = entry["file"], export_of(entry["file"])
    columns = entry.get("columns", export.columns if export else {})
    every = entry.get("every", export.every if export and "columns" not in entry else {})
    if missing := sorted({*MAPPABLE[:2]} - {*columns, *every}):
        raise ValueError(f"{index}: [{name}] must map {' and '.join(missing)}")
    if "asset" in entry and "source_id" not in every:
        raise ValueError(
            f'{index}: [{name}] asset needs every = {{ source_id = "…" }}: one listing is one asset'
        )
    return FileSource(
        name=name,
        title=entry.get("title", export.title if export else f"{file} (CSV)"),
        file=file,
        columns=columns,
        every=every,
        asset=entry.get("asset"),
        dates=entry.get("dates"),
        decimal=entry.get("decimal"),
        refusal=export.refusal if export else None,
    )


def _problems(entry: Mapping[str, Any]) -> Iterator[str]:
    """Tell what is wrong with an entry, the plainest first."""
    if Path(entry["file"]).name != entry["file"]:
        yield f"file must be a plain name in the same folder, got {entry['file']!r}"
    if unknown := sorted(set(entry) - set(SETTINGS)):
        yield f"says {', '.join(unknown)}; known are {', '.join(SETTINGS)}"
    if "columns" not in entry and export_of(entry["file"]) is None:
        yield 'needs file = "….csv" and columns = { … }: only an export that is named as btc-usd-max.csv goes without'
    for part, known in (("columns", MAPPABLE), ("every", SAME)):
        yield from _problems_of_table(part, entry.get(part, {}), known)
    for part in ("title", "asset", "dates", "decimal"):
        if part in entry and not (isinstance(entry[part], str) and entry[part]):
            yield f"{part} must be a text, got {entry[part]!r}"
    if entry.get("decimal", ".") not in {".", ","}:
        yield f'decimal must be "." or ",", got {entry["decimal"]!r}'
    if "dates" in entry and not _is_form(entry["dates"]):
        yield f'dates must be a form like "%d/%m/%Y", got {entry["dates"]!r}'


def _problems_of_table(part: str, table: object, known: Sequence[str]) -> Iterator[str]:
    """Tell what is wrong with a table of meanings."""
    if not isinstance(table, dict):
        yield f"{part} must be a table, got {table!r}"
        return
    if unknown := sorted(set(table) - set(known)):
        yield f"maps {unknown} in {part}; known are {', '.join(known)}"
    if nameless := [meaning for meaning, said in table.items() if not (said and isinstance(said, str))]:
        what = "a column's name" if part == "columns" else "a text"
        yield f"{', '.join(nameless)} must be {what} in quotes"


def _is_form(form: str) -> bool:
    """Tell whether strptime reads back with this form what strftime wrote, to the day at least."""
    day = datetime(2023, 10, 25, tzinfo=UTC)
    try:
        return datetime.strptime(day.strftime(form), form).date() == day.date()  # noqa: DTZ007 - only the day counts
    except ValueError:
        return False
