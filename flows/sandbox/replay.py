"""Recorded bodies, read back: a folder of JSON files told apart by their shape.

A row is served as the very text it was recorded as: numbers keep their digits, keys their order. Only the list
around the rows is written anew, because pages cut it differently.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SHAPES = (
    ("coingecko/markets", {"id", "current_price", "market_cap_rank"}),
    ("coinpaprika/tickers", {"id", "quotes", "rank"}),
    ("coinpaprika/coins", {"id", "is_active", "type"}),
    ("coinpaprika/contracts", {"id", "address", "type"}),
    ("coincap/assets", {"id", "priceUsd", "symbol"}),
    ("coingecko/list", {"id", "symbol", "name"}),
)
"""Feeds and the keys that give their rows away, the first fit deciding."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_GAP = re.compile(r"[\s,]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded row: what it says, and the text that says it."""

    fields: Mapping[str, Any]
    text: str


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded body: its rows, and the time its envelope bears (UNIX milliseconds), if any."""

    name: str
    rows: list[Row]
    timestamp: int | None = None

    def find(self, key: str, value: str) -> Row | None:
        """Find the first row whose `key` is `value`."""
        return next((row for row in self.rows if row.fields.get(key) == value), None)


def feed_of(body: str) -> str | None:
    """Tell a body's feed from the keys of its first row; None for anything else."""
    start = body.find("[")
    first = _GAP.match(body, start + 1) if start >= 0 else None
    if first is None or not body.startswith("{", first.end()):
        return None
    fields, _ = _DECODER.raw_decode(body, first.end())
    return next((feed for feed, keys in _SHAPES if keys <= fields.keys()), None)


def _rows(body: str) -> list[Row]:
    """Cut the body's first array into rows."""
    rows: list[Row] = []
    at = body.index("[") + 1
    while True:
        gap = _GAP.match(body, at)
        start = gap.end() if gap else at
        if body[start] == "]":
            return rows
        fields, at = _DECODER.raw_decode(body, start)
        rows.append(Row(fields, body[start:at]))


def read_recording(path: Path) -> Recording:
    """Read one recorded body."""
    body = path.read_text(encoding="utf-8")
    envelope = json.loads(body) if body.lstrip().startswith("{") else {}
    return Recording(path.name, _rows(body), envelope.get("timestamp"))


def _age(path: Path) -> tuple[str, str]:
    """Sort by the date in the name; without one a file is older than any."""
    date = _DATE.search(path.name)
    return (date.group() if date else "", path.name)


def read_recordings(folder: Path, chosen: Mapping[str, str]) -> dict[str, Recording]:
    """Read the folder's recording of each feed: the chosen file, else the newest by the date in its name.

    Raises ValueError where the folder or a chosen file is missing or does not fit its feed.
    """
    if not folder.is_dir():
        raise ValueError(f"replay folder {folder} does not exist: name a folder of recorded JSON bodies")
    paths: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.json"), key=_age):
        if feed := feed_of(path.read_text(encoding="utf-8")):
            paths.setdefault(feed, []).append(path)
    for feed, name in chosen.items():
        fitting = [path for path in paths.get(feed, []) if path.name == name]
        if not fitting:
            raise ValueError(f"replay folder {folder} has no {name} with rows of {feed}")
        paths[feed] = fitting
    return {feed: read_recording(files[-1]) for feed, files in paths.items()}
