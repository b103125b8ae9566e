"""data/asset_overrides.csv: its lines are decisions, in force as long as they stand there."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.overrides import FILE, read_overrides
from models.outcomes import RunOutcome
from models.rulings import Accept, Merge, Split
from models.store.decisions import carry_out
from models.store.standing import DecisionRefused
from models.store.undoing import take_back
from tests.integration.decisions.world import LIVE, NOW, World

SHIPPED = Path(__file__).parents[3] / "data" / FILE
HEADER = "action,asset_uid,source,source_id,other_uid,note\n"
SHARE = ("coinpaprika", "fxs-frax-share")


@pytest.fixture
async def market(world: World) -> World:
    """Two coins of one project, from a source each, published."""
    await world.land(
        ("coingecko", "frax", "FRAX", "Frax", "1.0"),
        ("coinpaprika", "fxs-frax-share", "FXS", "Frax Share", "5"),
        ("coinpaprika", "frx-frax-three", "FRXT", "Frax Three", "7"),
    )
    await world.publish()
    return world


def write(folder: Path, *lines: str) -> None:
    """Write the file."""
    (folder / FILE).write_text(HEADER + "".join(f"{line}\n" for line in lines), encoding="utf-8")


async def outcome(world: World) -> tuple[str, str | None]:
    """Tell how the last unify run ended."""
    ((found, error),) = await world.rows("SELECT outcome, error FROM etl_runs ORDER BY id DESC LIMIT 1")
    return found, error


async def test_a_line_holds_while_it_stands_there_and_is_undone_when_it_goes(
    market: World, folder: Path
) -> None:
    before = await market.rows(LIVE)
    write(folder, "# a comment, with, commas", "accept,frax,coinpaprika,fxs-frax-share,,one project")
    version = (await market.publish()).version
    assert (await market.accepted())[SHARE] == "frax"
    assert (await market.publish()).version == version, "the same line again is nothing new"
    assert await market.rows("SELECT decided_by, note FROM decisions") == [(FILE, "one project")]
    write(folder)
    await market.publish()
    assert await market.rows(LIVE) == before
    assert await market.rows("SELECT undone_by FROM decisions") == [(FILE,)]


async def test_a_file_that_is_gone_or_broken_undoes_nothing(market: World, folder: Path) -> None:
    write(folder, "accept,frax,coinpaprika,fxs-frax-share,,")
    await market.publish()
    (folder / FILE).write_bytes(b"\x89PNG\xff")
    report = await market.publish()
    assert "no CSV in UTF-8" in report.problems[0]
    assert await outcome(market) == (RunOutcome.PARTIAL, report.problems[0])
    (folder / FILE).unlink()
    assert (await market.publish()).problems == ()
    assert (await market.accepted())[SHARE] == "frax"


async def test_lines_that_cannot_be_carried_out_are_told_and_stop_no_other(
    market: World, folder: Path
) -> None:
    write(
        folder,
        "accept,nothing,coinpaprika,fxs-frax-share,,",
        "accept,frax,coinpaprika,nobody,,",
        "marry,frax,coinpaprika,fxs-frax-share,,",
        "merge,frax,,,,",
        "accept,frax,too,many,,cells,here",
        "merge,frax-share,,,frax,",
    )
    report = await market.publish()
    told = "\n".join(report.problems)
    for problem in (
        "no asset 'nothing'",
        "no listing 'nobody'",
        "got 'marry'",
        "other_uid is empty",
        "cells under",
    ):
        assert problem in told
    assert (await market.accepted())[SHARE] == "frax"
    assert (await outcome(market))[0] == RunOutcome.PARTIAL


async def test_lines_of_one_split_are_one_asset(market: World, folder: Path) -> None:
    write(folder, "merge,frax-share,,,frax,", "merge,frax-three,,,frax,")
    await market.publish()
    assert set((await market.accepted()).values()) == {"frax"}
    write(
        folder,
        "merge,frax-share,,,frax,",
        "merge,frax-three,,,frax,",
        "split,frax,coinpaprika,fxs-frax-share,frax-others,",
        "split,frax,coinpaprika,frx-frax-three,frax-others,",
    )
    assert (await market.publish()).problems == ()
    assert (await market.accepted())[SHARE] == "frax-others"
    assert (await market.accepted())["coinpaprika", "frx-frax-three"] == "frax-others"


async def test_what_a_person_said_already_is_no_problem(market: World, folder: Path) -> None:
    await carry_out(market.sessions, Accept(SHARE, "frax"), "alice", NOW)
    write(folder, "accept,frax,coinpaprika,fxs-frax-share,,")
    assert (await market.publish()).problems == ()


async def test_a_line_is_not_undone_elsewhere(market: World, folder: Path) -> None:
    write(folder, "accept,frax,coinpaprika,fxs-frax-share,,")
    await market.publish()
    with pytest.raises(DecisionRefused, match="take the line out"):
        await take_back(market.sessions, 1, "alice", NOW)


def test_the_file_ships_empty_with_an_example_that_reads() -> None:
    body = SHIPPED.read_bytes()
    assert read_overrides(body).decisions == ()
    said = read_overrides(body.replace(b"# What", b"#").replace(b"# ", b""))
    rulings = [override.ruling for override in said.decisions]
    assert [type(ruling).__name__ for ruling in rulings] == ["Accept", "Reject", "Merge", "Split"]
    assert Merge("old-coin", "new-coin") in rulings
    assert Split("big-coin", (("coinpaprika", "sml-small-coin"),), "small-coin") in rulings
