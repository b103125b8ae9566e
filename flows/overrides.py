"""Decisions of people that come with files: the overrides file, and `asset = …` in `sources.toml`.

Every publication makes the decisions in force those of the files: what is new is carried out, what is gone is undone. A
file that cannot be read, or is not there, changes nothing.
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
from flows.sources.dropin import INDEX, mapped_in
from models.outcomes import DecisionAction
from models.queries.decisions import of_file
from models.records import Payload
from models.rulings import Accept, Merge, Reject, Ruling, Split
from models.store.decisions import decide
from models.store.standing import AlreadyDecided, DecisionRefused, NothingThere
from models.store.undoing import undo

FILE = "asset_overrides.csv"
COLUMNS = ("action", "asset_uid", "source", "source_id", "other_uid", "note")


@dataclass(frozen=True, slots=True)
class Override:
    """One decision of a file. `origin` is what it says, so that the same line is the same decision."""

    origin: str
    ruling: Ruling
    note: str | None = None
    is_due: bool = True
    """False where what it is about is not here yet: it is not made now, and not undone either."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a file says: decisions in their order, and what could not be understood, each with its reason."""

    decisions: tuple[Override, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What the files changed, in decisions made and undone, and what they could not, each with its reason."""

    changed: int = 0
    problems: tuple[str, ...] = ()
    is_early: bool = False
    """Whether something that a decision is about was not there, and may be after this publication."""

    def __add__(self, other: Applied) -> Applied:
        return Applied(
            self.changed + other.changed, self.problems + other.problems, self.is_early or other.is_early
        )


async def apply_overrides(session: AsyncSession, folder: Path, at: datetime) -> Applied:
    """Bring the decisions in force in line with both files, inside `publishing`."""
    in_force = {row.origin: row.id for row in (await session.execute(of_file())).all()}
    stated = {origin: key for origin, key in in_force.items() if origin.startswith("[")}
    lines = {origin: key for origin, key in in_force.items() if origin not in stated}
    said = stated_assets(folder)
    applied = Applied() if said is None else await _apply(session, INDEX, said, stated, at)
    try:
        found = read_overrides((folder / FILE).read_bytes())
    except FileNotFoundError:
        return applied
    except (OSError, Fatal) as error:
        return applied + Applied(problems=(f"{FILE}: {error}; nothing of it was changed",))
    return applied + await _apply(session, FILE, found, lines, at)


async def _apply(
    session: AsyncSession, file: str, found: Overrides, in_force: dict[str, int], at: datetime
) -> Applied:
    """Bring the decisions that came from one file in line with it."""
    wanted = {override.origin: override for override in found.decisions}
    problems, changed, is_early = list(found.problems), 0, False
    for origin in reversed([origin for origin in in_force if origin not in wanted]):
        refusal = await _refusal(session, undo(session, in_force[origin], file, at))
        changed += refusal is None
        problems += [f"{file}: {origin!r} is gone, but {refusal}"] if refusal else []
    for override in (one for one in wanted.values() if one.is_due and one.origin not in in_force):
        act = decide(session, override.ruling, file, at, note=override.note, origin=override.origin)
        refusal = await _refusal(session, act)
        changed += refusal is None
        is_early |= isinstance(refusal, NothingThere)
        if refusal and not isinstance(refusal, AlreadyDecided):
            problems.append(f"{file}: {override.origin!r}: {refusal}")
    return Applied(changed, tuple(problems), is_early)


async def _refusal(session: AsyncSession, act: Awaitable[object]) -> DecisionRefused | None:
    """Do one thing whole or not at all; tell why not."""
    try:
        async with session.begin_nested():
            await act
    except DecisionRefused as error:
        return error
    return None


def stated_assets(folder: Path) -> Overrides | None:
    """Read which assets `sources.toml` says that files are; None where it is not there or cannot be read."""
    if not (folder / INDEX).is_file():
        return None
    try:
        said = [source for source in mapped_in(folder) if source.asset]
    except (OSError, ValueError):
        return None  # whoever opened the workshop was told
    return Overrides(
        tuple(
            Override(
                f"[{source.name}] {source.every['source_id']} is {source.asset}",
                Accept((source.name, source.every["source_id"]), source.asset or ""),
                is_due=(folder / source.file).is_file(),
            )
            for source in said
        )
    )


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
