"""The files of the dry run: recorded lists, contracts and known pairs in, links out. Each is read whole or refused.

Links are written so that both a program and a spreadsheet may open them. An id is written exactly as its source
spells it; only one that a spreadsheet would run as a formula (`=1+1`, `@sum(a1)`, but not `-money`) gets an
apostrophe in front, as spreadsheets themselves do.
"""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import orjson

from flows.matching.pairing import Row
from flows.matching.recorded import Recorded, UnknownShape, read_contracts, read_list

COLUMNS = ("left_id", "right_id", "state", "method", "score", "reasons")
_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
_HARMLESS = re.compile(r"[\w.-]*")


class BadInput(Exception):  # noqa: N818 - said to the person who typed it
    """Something given on the command line cannot be used. The message is the whole story."""


def split(given: str, form: str) -> tuple[str, Path]:
    """Split `source:path` at its first colon. `form` is what a person is told when it does not read so."""
    name, _, path = (part.strip() for part in given.partition(":"))
    if not (name and path):
        raise BadInput(f"{given!r} should read {form}")
    return name, Path(path)


def list_of(source: str, path: Path) -> Recorded:
    """Read a provider's recorded list."""
    try:
        found = read_list(source, _json(path))
    except UnknownShape as wrong:
        raise BadInput(f"{path}: {wrong}") from None
    if not found.entries:
        raise BadInput(f"{path}: none of its {len(found.rejects)} records can be used: {found.rejects[0]}")
    return found


def contracts_of(platform: str, path: Path) -> tuple[dict[str, list[str]], list[str]]:
    """Read the addresses by CoinPaprika id that a recorded `/contracts/{platform}` answer lists, and its rejects."""
    try:
        return read_contracts(platform, _json(path))
    except UnknownShape as wrong:
        raise BadInput(f"{path}: {wrong}") from None


def truth_of(path: Path, left: str, right: str) -> dict[str, set[str]]:
    """Read the known pairs: the ids of `right` that are right for each id of `left`, whichever way round they stand.

    `also_right` names more CoinPaprika ids, separated by `|`; it counts where those are on the right.
    """
    columns = f"{left}_id", f"{right}_id"
    known: defaultdict[str, set[str]] = defaultdict(set)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, strict=True)
            if missing := [column for column in columns if column not in (rows.fieldnames or ())]:
                raise BadInput(f"{path}: not a file of known pairs: it has no column {', '.join(missing)}")
            for row in rows:
                left_id, right_id = ((row[column] or "").strip() for column in columns)
                if not (left_id and right_id):
                    raise BadInput(f"{path}: line {rows.line_num} lacks an id")
                also = (row.get("also_right") or "").split("|") if right == "coinpaprika" else []
                known[left_id] |= {right_id, *also} - {""}
    except OSError as wrong:
        raise BadInput(f"{path}: {wrong.strerror or wrong}") from None
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise BadInput(f"{path}: not a CSV file in UTF-8: {wrong}") from None
    if not known:
        raise BadInput(f"{path}: it names no pair")
    return known


def refuse_overwriting(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse to write the links over what they are made from."""
    if out.resolve() in {path.resolve() for path in inputs}:
        raise BadInput(f"{out}: it is one of the files to read, and would be overwritten")


def write_links(out: Path, rows: Iterable[Row]) -> None:
    """Write the whole file or nothing: what was there before stays until the new one is complete.

    A pipe or device, such as /dev/stdout, is written to and never replaced.
    """
    try:
        if out.exists() and not out.is_file():
            with out.open("w", newline="", encoding="utf-8", errors="replace") as file:
                _write(file, rows)
        else:
            _replace(out.resolve(), rows)
    except OSError as wrong:
        raise BadInput(f"{out}: {wrong.strerror or wrong}") from None


def _replace(out: Path, rows: Iterable[Row]) -> None:
    handle, temporary = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name[:40]}.")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8", errors="replace") as file:
            _write(file, rows)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(out)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _write(file: IO[str], rows: Iterable[Row]) -> None:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([_inert(getattr(row, column)) for column in COLUMNS] for row in rows)


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_BEGINS) and not _HARMLESS.fullmatch(cell) else cell


def _json(path: Path) -> object:
    try:
        return orjson.loads(path.read_bytes())
    except OSError as wrong:
        raise BadInput(f"{path}: {wrong.strerror or wrong}") from None
    except orjson.JSONDecodeError as wrong:
        raise BadInput(f"{path}: not JSON: {wrong}") from None
