"""Listings that lie, hide or break: each handled or set aside with a reason, and never merged in silence."""

import pytest

from flows.matching.entries import Entry, Prior, Resolution
from flows.matching.resolve import resolve
from models.outcomes import LinkState
from models.records import Listing

REAL = "eip155:1/erc20:0x" + "a1" * 20
FAKE = "eip155:1/erc20:0x" + "b2" * 20


def entry(source: str, source_id: str, symbol: str | None, name: str | None, *addresses: str) -> Entry:
    return Entry(Listing(source, source_id, symbol=symbol, name=name, addresses=addresses or None))


def uid_of(found: Resolution, source: str) -> str:
    return next(link.asset_uid for link in found.accepted if link.source == source)


COIN = entry("coingecko", "quorum-ledger", "qlg", "Quorum Ledger", REAL)
HONEST = entry("coinpaprika", "qlg-quorum-ledger", "QLG", "Quorum Ledger", REAL)
IMPOSTOR = entry("mine", "quorum-ledger", "QLG", "Quorum Ledger", FAKE)


def test_an_impostor_with_another_contract_stays_apart_in_review() -> None:
    found = resolve([COIN, HONEST, IMPOSTOR], Prior())
    assert uid_of(found, "coingecko") == uid_of(found, "coinpaprika") == "quorum-ledger"
    assert uid_of(found, "mine") != "quorum-ledger"
    doubts = [link for link in found.review if link.source == "mine"]
    assert [link.asset_uid for link in doubts] == ["quorum-ledger"]
    assert "contracts differ" in " ".join(doubts[0].reasons)


def test_an_impostor_that_comes_first_keeps_nobody_out_and_lets_nobody_in() -> None:
    first = resolve([IMPOSTOR], Prior())
    found = resolve([COIN, HONEST, IMPOSTOR], Prior(first.accepted, first.assets))
    assert uid_of(found, "mine") == uid_of(first, "mine") == "quorum-ledger"
    assert uid_of(found, "coingecko") == uid_of(found, "coinpaprika") == "quorum-ledger-2"
    assert [link.source for link in found.review] == ["mine"]


def test_a_link_made_before_the_contracts_were_known_is_undone_by_them() -> None:
    blind = [
        entry("coingecko", "quorum-ledger", "qlg", "Quorum Ledger"),
        entry("mine", "quorum-ledger", "QLG", "Quorum Ledger"),
    ]
    first = resolve(blind, Prior())
    assert uid_of(first, "mine") == "quorum-ledger"
    found = resolve([COIN, IMPOSTOR], Prior(first.accepted, first.assets))
    assert uid_of(found, "coingecko") == "quorum-ledger"
    assert uid_of(found, "mine") != "quorum-ledger"
    assert [(gone.link.source, gone.why) for gone in found.retired] == [
        ("mine", "its contract is not the asset's")
    ]
    assert [conflict.kind for conflict in found.conflicts] == ["link_undone"]


def test_assets_founded_apart_become_one_when_contracts_prove_it() -> None:
    first = resolve(
        [
            entry("coingecko", "quorum-ledger", "qlg", "Quorum Ledger"),
            entry("coinpaprika", "old-name", "OLD", "Something Old"),
        ],
        Prior(),
    )
    renamed = entry("coinpaprika", "old-name", "OLD", "Something Old", REAL)
    found = resolve([COIN, renamed], Prior(first.accepted, first.assets))
    assert uid_of(found, "coinpaprika") == "quorum-ledger"
    assert found.successors == {"something-old": "quorum-ledger"}
    assert [gone.link.asset_uid for gone in found.retired] == ["something-old"]


def test_one_contract_at_two_ids_of_a_source_is_a_conflict_and_no_evidence() -> None:
    twin = entry("coinpaprika", "xyz-other", "XYZ", "Other Thing", REAL)
    found = resolve([COIN, HONEST, twin], Prior())
    assert [conflict.kind for conflict in found.conflicts] == ["shared_contract"]
    assert uid_of(found, "coingecko") == "quorum-ledger"
    assert next(link for link in found.accepted if link.source_id == "xyz-other").asset_uid == "other-thing"


def test_a_bridged_twin_is_for_a_person_to_see() -> None:
    bridged = entry("mine", "quorum-bridged", "QLG", "Quorum Ledger Bridged", REAL)
    found = resolve([COIN, bridged], Prior())
    assert uid_of(found, "mine") != uid_of(found, "coingecko")
    assert [link.state for link in found.review] == [LinkState.REVIEW]


@pytest.mark.parametrize(
    "name",
    ["Qu\u043erum Ledger", "Quorum Led\u200bger", "\u0430\u0435\u043e"],
    ids=["Cyrillic letter", "zero-width space", "all letters pose"],
)
def test_a_disguised_name_is_never_merged_by_the_matcher(name: str) -> None:
    found = resolve(
        [
            entry("coingecko", "quorum-ledger", "qlg", "Quorum Ledger"),
            entry("mine", "quorum-ledger", "QLG", name),
        ],
        Prior(),
    )
    assert len({link.asset_uid for link in found.accepted}) == 2
    assert [link.source for link in found.review] == ["mine"]


def test_honest_foreign_names_are_compared_as_they_are() -> None:
    world = [entry("coingecko", "bi-te-bi", "btb", "比特币"), entry("mine", "bitebi", "BTB", "比特币")]
    assert len({link.asset_uid for link in resolve(world, Prior()).accepted}) == 1


def test_duplicate_ids_in_one_list_are_told_and_used_once() -> None:
    twice = entry("coingecko", "quorum-ledger", "qlg", "Quorum Ledger Again")
    found = resolve([COIN, twice], Prior())
    assert len(found.accepted) == 1
    assert [conflict.kind for conflict in found.conflicts] == ["duplicate_id"]
    assert resolve([twice, COIN], Prior()) == found


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        (None, None),
        ("", ""),
        ("🚀", "🚀🌕"),
        ("$", "***"),
        ("X" * 10_000, "long " * 2_000),
        ("\x00", "\ud800"),
    ],
)
def test_odd_listings_found_assets_of_their_own(symbol: str | None, name: str | None) -> None:
    found = resolve([entry("mine", "one", symbol, name), entry("coingecko", "two", "TWO", "Two")], Prior())
    assert uid_of(found, "mine") not in {uid_of(found, "coingecko"), ""}
    assert len(uid_of(found, "mine")) <= 80


def test_a_crowd_under_one_symbol_is_told_and_stays_cheap() -> None:
    world = [
        entry(source, f"coin-{n}", "MOON", f"Coin {n}x{n}")
        for source in ("mine", "yours")
        for n in range(300)
    ]
    found = resolve(world, Prior())
    assert "crowd" in {conflict.kind for conflict in found.conflicts}
    assert len(found.accepted) == 600


def test_ambiguity_is_for_a_person_to_see() -> None:
    world = [
        entry("coingecko", "vexel", "vxl", "Vexel"),
        entry("mine", "vexel-one", "VXL", "Vexel"),
        entry("mine", "vexel-two", "VXL", "Vexel"),
    ]
    found = resolve(world, Prior())
    assert len({link.asset_uid for link in found.accepted}) == 3
    assert {link.source_id for link in found.review} == {"vexel-one", "vexel-two"}
