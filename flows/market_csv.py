"""Keeping `crypto_market.csv`: what CoinCap's API answers, written whole or not at all. No Prefect here."""

from __future__ import annotations

import csv
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from flows.engine import Fetch, fetch_directly
from flows.errors import Fatal, SourceError
from flows.sources import coincap
from flows.sources.contract import Page, PageRequest
from flows.workshop import Workshop
from models.records import Payload


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh wrote, or why it wrote nothing."""

    path: Path
    rows: int
    skipped: str | None = None


async def refresh_csv(shop: Workshop, *, fetch: Fetch = fetch_directly) -> RefreshReport:
    """Fetch CoinCap's assets and replace the file; without a key the file stays as it is, with the reason told."""
    path = shop.settings.data_dir / coincap.CSV_FILE
    settings = shop.settings_of(coincap.API)
    if settings.api_key is None:
        return RefreshReport(
            path, 0, "COINCAP_API_KEY is not set: every call to CoinCap needs one, and its free plan gives it"
        )
    rows: list[Payload] = []
    request: PageRequest | None = coincap.API.quotes.first_page(settings)
    while request is not None:
        fetched = await fetch(shop, coincap.API, coincap.API.quotes, request)
        page = _understood(fetched.body, request)
        rows, request = rows + page.records, page.next
    if len(rows) < coincap.API.quotes.volume.at_least:
        raise Fatal(
            f"{len(rows)} assets are too few to replace {path}: the file stays as it was", source=coincap.NAME
        )
    await anyio.to_thread.run_sync(write_atomically, path, rows)
    return RefreshReport(path, len(rows))


def _understood(body: bytes, request: PageRequest) -> Page:
    try:
        return coincap.API.quotes.read_page(body, request)
    except SourceError as error:
        raise error.at(coincap.NAME) from None


def write_atomically(path: Path, rows: list[Payload]) -> None:
    """Write beside the file, then put it in the file's place: a reader sees the old rows or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        # Half a surrogate pair in one name must not cost the whole file.
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.DictWriter(file, coincap.COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
        _sync_folder(path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last: after a power cut the folder must not name the old file again."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
