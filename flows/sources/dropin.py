"""CSV files that a user drops into the data folder, each a source of its own, as `data/sources.toml` maps them.

    [prices]                                  # the source's name
    file = "prices.csv"
    columns = { source_id = "id", name = "name", price_usd = "value", updated_at = "timestamp" }

A row with a time is a point in history, and the newest row of an id its quote.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flows.csv_rows import read_rows
from flows.fields import decimal_of, id_of, instant_of, positive, price_of, text_of
from flows.sources.contract import Feed, Origin, Page, PageRequest, Record, Seen, Source, Volume
from models.records import Listing, Quote

MAPPABLE = ("source_id", "price_usd", "name", "symbol", "updated_at", "market_cap_usd", "volume_usd_24h")
"""What a file's columns may stand for; the first two must be there."""


def drop_ins(data_dir: Path) -> dict[str, Source]:
    """Read `sources.toml` and return a source for each file of it that exists.

    Raises ValueError, naming the entry, where the mapping cannot be used.
    """
    index = data_dir / "sources.toml"
    if not index.is_file():
        return {}
    try:
        entries = tomllib.loads(index.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{index} is no TOML: {error}") from error
    sources = {name: _source(name, _checked(index, name, entry)) for name, entry in entries.items()}
    return {name: source for name, source in sources.items() if (data_dir / entries[name]["file"]).is_file()}


def _checked(index: Path, name: str, entry: object) -> Mapping[str, Any]:
    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise ValueError(f"{index}: [{name}] is no source's name: small letters, digits, - and _ only")
    columns = entry.get("columns") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str) or not isinstance(columns, dict):
        raise ValueError(f'{index}: [{name}] needs file = "….csv" and columns = {{ … }}')
    if Path(entry["file"]).name != entry["file"]:
        raise ValueError(
            f"{index}: [{name}] file must be a plain name in the same folder, got {entry['file']!r}"
        )
    if unknown := set(columns) - set(MAPPABLE):
        raise ValueError(f"{index}: [{name}] maps {sorted(unknown)}; known are {', '.join(MAPPABLE)}")
    if missing := set(MAPPABLE[:2]) - set(columns):
        raise ValueError(f"{index}: [{name}] must map {' and '.join(sorted(missing))}")
    if nameless := [
        meaning for meaning, column in columns.items() if not (column and isinstance(column, str))
    ]:
        raise ValueError(f"{index}: [{name}] {', '.join(nameless)} must be a column's name in quotes")
    if not isinstance(entry.get("title", ""), str):
        raise ValueError(f"{index}: [{name}] title must be a text, got {entry['title']!r}")
    return entry


def _source(name: str, entry: Mapping[str, Any]) -> Source:
    columns: dict[str, str] = entry["columns"]

    def read_page(body: bytes, _: PageRequest) -> Page:
        rows, malformed = read_rows(body, set(columns.values()))
        return Page(rows, rejects=malformed)

    def parse(raw: dict[str, Any], seen: Seen) -> Iterable[Record]:
        said = {meaning: raw.pop(column, None) for meaning, column in columns.items()}
        source_id = id_of(said["source_id"], columns["source_id"])
        yield Listing(
            name,
            source_id,
            symbol=text_of(said.get("symbol"), "symbol"),
            name=text_of(said.get("name"), "name"),
        )
        yield Quote(
            name,
            source_id,
            fetched_at=seen.fetched_at,
            source_updated_at=instant_of(
                said.get("updated_at"), columns.get("updated_at", ""), now=seen.fetched_at
            ),
            price_usd=price_of(decimal_of(said["price_usd"], columns["price_usd"]), columns["price_usd"]),
            market_cap_usd=positive(decimal_of(said.get("market_cap_usd"), "market_cap_usd")),
            volume_usd_24h=decimal_of(said.get("volume_usd_24h"), "volume_usd_24h"),
        )

    return Source(
        name=name,
        title=entry.get("title", f"{entry['file']} (CSV)"),
        origin=lambda _: Origin("file:"),
        calls_network=False,
        quotes=Feed(
            first_page=lambda _: PageRequest(entry["file"]),
            read_page=read_page,
            parse=parse,
            record_id=lambda raw: " ".join(
                str(raw.get(columns[m])) for m in ("source_id", "updated_at") if m in columns
            ),
            volume=Volume(at_least=1, about=1_000),
            cached_for=timedelta(0),
        ),
    )
