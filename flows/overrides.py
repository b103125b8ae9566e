"""The overrides file: decisions of people that come with the code instead of through the API.

Every publication makes the decisions in force those of the file: new lines are carried out, lines that are gone are
undone. A file that cannot be read, or is not there, changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from flows.csv_rows import read_rows
from flows.errors import Fatal
from models.outcomes import DecisionAction
from models.queries.decisions import of_file
from models.records import Payload
from models.rulings import Accept, Merge, Reject, Ruling, Split
from models.store.decisions import decide
from models.store.standing import AlreadyDecided, DecisionRefused
from models.store.undoing import undo

FILE = "asset_overrides.csv"
COLUMNS = ("action", "asset_uid", "source", "source_id", "other_uid", "note")


@dataclass(frozen=True, slots=True)
class Override:
    """One decision of the file. `origin` is what it says, so that the same line is the same decision."""

    origin: str
    ruling: Ruling
    note: str | None


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a file says: decisions in their order, and what could not be understood, each with its reason."""

    decisions: tuple[Override, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What the file changed, in decisions made and undone, and what it could not, each with its reason."""

    changed: int
    problems: tuple[str, ...]


async def apply_overrides(session: AsyncSession, folder: Path, at: datetime) -> Applied:
    """Bring the decisions in force in line with the file, inside `publishing`."""
    try:
        found = read_overrides((folder / FILE).read_bytes())
    except FileNotFoundError:
        return Applied(0, ())
    except (OSError, Fatal) as error:
        return Applied(0, (f"{FILE}: {error}; nothing of it was changed",))
    wanted = {override.origin: override for override in found.decisions}
    in_force = {row.origin: row.id for row in (await session.execute(of_file())).all()}
    problems, changed = list(found.problems), 0
    for origin in reversed([origin for origin in in_force if origin not in wanted]):
        refusal = await _refusal(session, undo(session, in_force[origin], FILE, at))
        changed += refusal is None
        problems += [f"{FILE}: {origin!r} is gone, but {refusal}"] if refusal else []
    for override in (wanted[origin] for origin in wanted if origin not in in_force):
        act = decide(session, override.ruling, FILE, at, note=override.note, origin=override.origin)
        refusal = await _refusal(session, act)
        changed += refusal is None
        if refusal and not isinstance(refusal, AlreadyDecided):
            problems.append(f"{FILE}: {override.origin!r}: {refusal}")
    return Applied(changed, tuple(problems))


async def _refusal(session: AsyncSession, act: Awaitable[object]) -> DecisionRefused | None:
    """Do one thing whole or not at all; tell why not."""
    try:
        async with session.begin_nested():
            await act
    except DecisionRefused as error:
        return error
    return None


def read_overrides(body: bytes) -> Overrides:
    """Read the file; lines that begin with # are comments. Raises `Fatal` where it is no CSV with these columns."""
    lines = [
        line for line in body.splitlines(keepends=True) if not line.lstrip(b"\xef\xbb\xbf ").startswith(b"#")
    ]
    rows, malformed = read_rows(b"".join(lines), set(COLUMNS))
    problems = [f"{FILE}: {detail}" for _, _, detail in malformed]
    apart: defaultdict[tuple[str, ...], list[Payload]] = defaultdict(list)
    for row in rows:
        key = (str(row["action"]), str(row["asset_uid"]), str(row["other_uid"]))
        is_group = row["action"] == DecisionAction.SPLIT and row["other_uid"]
        apart[key if is_group else (*key, _origin([row]))].append(row)
    decisions = []
    for group in apart.values():
        try:
            note = next((str(row["note"]) for row in group if row["note"]), None)
            decisions.append(Override(_origin(group), _ruling(group), note))
        except ValueError as error:
            problems.append(f"{FILE}: {_origin(group)!r}: {error}")
    return Overrides(tuple(decisions), tuple(problems))


def _origin(rows: Sequence[Payload]) -> str:
    return "; ".join(",".join(str(row[column] or "") for column in COLUMNS[:-1]) for row in rows)


def _ruling(rows: Sequence[Payload]) -> Ruling:
    row = rows[0]
    match row["action"]:
        case DecisionAction.ACCEPT:
            return Accept(_listing(row), _said(row, "asset_uid"))
        case DecisionAction.REJECT:
            return Reject(_listing(row), _said(row, "asset_uid"))
        case DecisionAction.MERGE:
            return Merge(_said(row, "asset_uid"), _said(row, "other_uid"))
        case DecisionAction.SPLIT:
            listings = tuple(_listing(each) for each in rows)
            new_uid = row["other_uid"]
            return Split(_said(row, "asset_uid"), listings, None if new_uid is None else str(new_uid))
        case unknown:
            raise ValueError(f"the action must be {', '.join(DecisionAction)}, got {unknown!r}")


def _listing(row: Payload) -> tuple[str, str]:
    return _said(row, "source"), _said(row, "source_id")


def _said(row: Payload, column: str) -> str:
    if not row[column]:
        raise ValueError(f"the column {column} is empty")
    return str(row[column])
