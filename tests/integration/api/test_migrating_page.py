"""docs/migrating.md: every path, parameter, name and variable of the older services that it lists is answered."""

from __future__ import annotations

import re

import pytest
from graphql import build_schema

from flows.settings import source_settings
from flows.sources.dropin import drop_ins
from graphql_api.source_names import current_name
from models.db import Sessions
from tests.factories import (
    NOW,
    make_asset,
    make_checkpoint,
    make_points,
    make_quoted,
    make_raw,
    make_run,
    publish,
)
from tests.integration.api.client import Api
from tests.unit.house.settings_pages import groups
from tests.unit.house.tree import ROOT, pages

PAGE = pages()["docs/migrating.md"]
SAMPLES = {
    "limit": "1",
    "offset": "1",
    "page": "2",
    "page_size": "1",
    "source": "csv",
    "symbol": "bit",
    "asset_name": "BITCOIN",
    "start_date": str(NOW.date()),
    "end_date": str(NOW.date()),
    "vs_currency": "usd",
}


def _table(heading: str) -> list[tuple[str, ...]]:
    """Read the rows of the table below a heading, without its head."""
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [tuple(cells) for cells in rows[1:]]


def _named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


PATHS = [name.split() for row in _table("Paths") for name in _named(row[0])]
PARAMETERS = [tuple(_named(row[0])) for row in _table("Parameters")]


@pytest.fixture
async def market(sessions: Sessions) -> None:
    """Two coins from two sources, with a payload, a run, a checkpoint and some history."""
    async with sessions.begin() as session:
        bitcoin, ether = (
            await make_asset(session, "bitcoin", rank=1),
            await make_asset(session, "ethereum", rank=2),
        )
        listing = await make_quoted(session, bitcoin, "coingecko", "bitcoin", "64000.10")
        await make_quoted(session, ether, "coincap", "ethereum", "2400")
        await make_points(session, listing, [(NOW, "64000.10")])
        run = await make_run(session, "coingecko")
        await make_raw(session, run, "coingecko", "bitcoin", {"price": 1})
        await make_checkpoint(session, run, "coingecko")
        await publish(session, version=1)


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize(("method", "path"), PATHS, ids=[" ".join(each) for each in PATHS])
async def test_every_path_is_answered(api: Api, method: str, path: str) -> None:
    asked = path.format(asset_uid="bitcoin", source="coingecko", record_id="bitcoin")
    answer = await api.client.request(method, asked)
    if method == "GET":
        assert answer.status_code == 200, answer.text
    else:  # no Prefect server is there, and the answer says so: the path is one, and takes this method
        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize("names", PARAMETERS, ids=" ".join)
async def test_every_parameter_is_understood(api: Api, names: tuple[str, ...]) -> None:
    for name in names:
        assert (await api.client.get("/data", params={name: SAMPLES[name]})).status_code == 200
        refused = await api.client.get("/data", params={name: "\0"})
        assert refused.status_code == 400, f"{name} is ignored"


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize(
    "names", [("limit", "offset"), ("page", "page_size"), ("page", "limit")], ids=" ".join
)
async def test_every_dialect_turns_the_page(api: Api, names: tuple[str, ...]) -> None:
    body = await api.get("/data?" + "&".join(f"{name}={SAMPLES[name]}" for name in names))
    assert names in PARAMETERS
    assert [row["asset_uid"] for row in body["data"]] == ["ethereum"]
    assert set(_named(PAGE.split("`pagination` in an answer", 1)[1].split(".", 1)[0])) == set(
        body["pagination"]
    )


def test_the_names_of_sources() -> None:
    mapped = drop_ins(ROOT / "data") | {"csv1": None, "csv2": None}
    index = (ROOT / "data" / "sources.toml").read_text(encoding="utf-8")
    for older, now in _table("Names of sources"):
        for name in _named(older):
            current = _named(now)[0] if _named(now)[0].startswith("coin") else name
            assert current_name(name) == current
            assert current != name or (name in mapped and f"[{name}]" in index)


def test_the_variables() -> None:
    read = {variable.name for variables in groups().values() for variable in variables}
    assert source_settings("coingecko", {"CGEKO_KEY": "older"}).api_key == "older"
    for older, now in _table("Variables"):
        assert {*_named(older), *_named(now)} - {"CGEKO_KEY"} <= read


def test_what_graphql_has_instead() -> None:
    schema = build_schema((ROOT / "graphql_api" / "schema.graphql").read_text(encoding="utf-8"))
    roots = (schema.query_type, schema.mutation_type)
    fields = {name for root in roots if root for name in root.fields}
    named = [re.split(r"[ ({]", one)[0] for row in _table("Paths") if len(row) > 2 for one in _named(row[2])]
    assert named
    assert set(named) <= fields
