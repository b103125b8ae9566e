"""Wrapped copies, old and new versions, numbered ids: relatives that are told apart, and never taken for each other."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from flows.matching.block import block
from flows.matching.comparison import Comparison
from flows.matching.entries import Entry
from flows.matching.lineage import Age, age, marks, second_bearer, twin
from flows.matching.normalize import profile
from flows.matching.pairing import match_entries
from models.records import Listing, Quote

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def listed(source: str, source_id: str, symbol: str, name: str, *, is_active: bool | None = None) -> Entry:
    return Entry(Listing(source, source_id, symbol=symbol, name=name, is_active=is_active))


def priced(entry: Entry, usd: str) -> Entry:
    source, source_id = entry.key
    return replace(entry, quote=Quote(source, source_id, NOON, Decimal(usd)), is_fresh=True)


def compared(left: Entry, right: Entry, *others: Entry) -> Comparison:
    blocks = block([profile(entry) for entry in (left, right, *others)])
    return Comparison(blocks.profiles[left.key], blocks.profiles[right.key], blocks)


def links(left: list[Entry], right: list[Entry]) -> dict[str, str]:
    return {row.left_id: row.right_id for row in match_entries(left, right) if row.state == "accepted"}


QUORUM = listed("coingecko", "quorum", "qlg", "Quorum")
QUORUM_V1 = listed("coingecko", "quorum-v1", "qlg", "Quorum v1")
PLAIN = listed("coinpaprika", "qlg-quorum", "QLG", "Quorum")
PLAIN_V2 = listed("coinpaprika", "qlgv2-quorum-v2", "QLGv2", "Quorum V2")


def test_two_sources_that_mark_different_versions_are_paired_by_age() -> None:
    assert links([QUORUM, QUORUM_V1], [PLAIN, PLAIN_V2]) == {
        "quorum": "qlgv2-quorum-v2",
        "quorum-v1": "qlg-quorum",
    }


def test_a_version_that_one_source_alone_knows_does_not_disturb_the_other() -> None:
    assert links([QUORUM], [PLAIN]) == {"quorum": "qlg-quorum"}
    assert links([QUORUM, QUORUM_V1], [PLAIN]) == {"quorum": "qlg-quorum"}


@pytest.mark.parametrize(
    ("name", "namesake", "expected"),
    [
        ("Quorum [OLD]", None, Age.OLDER),
        ("Quorum v1", None, Age.OLDER),
        ("Quorum V2", None, Age.NEWER),
        ("Quorum (new)", None, Age.NEWER),
        ("Quorum", None, None),
        ("Quorum", "Quorum [OLD]", Age.NEWER),
        ("Quorum", "Quorum v3", Age.OLDER),
        ("Quorum", "Wrapped Quorum", None),
    ],
)
def test_age_is_told_by_the_name_or_by_a_namesake(
    name: str, namesake: str | None, expected: Age | None
) -> None:
    one = listed("coinpaprika", "qlg-one", "QLG", name)
    others = [listed("coinpaprika", "qlg-other", "QLG", namesake)] if namesake else []
    blocks = block([profile(entry) for entry in (one, *others)])
    assert age(blocks.profiles[one.key], blocks) is expected


def test_a_namesake_with_a_symbol_of_its_own_says_nothing_about_age() -> None:
    stranger = listed("coinpaprika", "zzz-quorum-v2", "ZZZ", "Quorum V2")
    blocks = block([profile(entry) for entry in (PLAIN, stranger)])
    assert age(blocks.profiles[PLAIN.key], blocks) is None


def test_a_bridged_name_forbids_whatever_the_ages() -> None:
    bridged = listed("coingecko", "quorum-bridged", "qlg", "Quorum Bridged v1")
    found = marks(compared(bridged, PLAIN, PLAIN_V2))
    assert found is not None
    assert found.veto


FIRST = listed("coingecko", "quorum-ledger", "qlc", "Quorum Ledger Classic")
SECOND = listed("coingecko", "quorum-ledger-2", "qlg", "Quorum")
LEDGER = listed("coinpaprika", "qlg-quorum-ledger", "QLG", "Quorum")


def test_who_took_over_an_id_name_and_symbol_is_for_a_person_to_say() -> None:
    found = second_bearer(compared(SECOND, LEDGER, FIRST))
    assert found is not None
    assert found.veto
    assert "'quorum-ledger'" in found.reason
    rows = {row.left_id: row.state for row in match_entries([FIRST, SECOND], [LEDGER])}
    assert rows["quorum-ledger-2"] == "review"
    assert links([SECOND], [LEDGER]) == {"quorum-ledger-2": "qlg-quorum-ledger"}


@pytest.mark.parametrize(
    "first",
    [
        listed("coingecko", "quorum-ledger", "qlg", "Quorum Ledger [OLD]"),
        listed("coingecko", "quorum-ledger", "qlc", "Quorum Ledger Classic", is_active=False),
        listed("coingecko", "tidal-ledger", "qlc", "Quorum Ledger Classic"),
    ],
    ids=["says it is old", "is dead", "bears another id"],
)
def test_a_first_bearer_that_gave_way_stands_in_nobodys_way(first: Entry) -> None:
    assert second_bearer(compared(SECOND, LEDGER, first)) is None


def test_a_first_bearer_that_has_its_own_symbol_elsewhere_stands_in_nobodys_way() -> None:
    own = listed("coinpaprika", "qlc-quorum-classic", "QLC", "Quorum Classic")
    assert second_bearer(compared(SECOND, LEDGER, FIRST, own)) is None


CAT = listed("coingecko", "golazol-cat", "gola", "Golazol Cat")
WORLD = listed("coingecko", "golazol-world", "gola", "Golazol World")
KNOWN = listed("coinpaprika", "gola-golazol-world", "GOLA", "Golazol World")
RENAMED = listed("coinpaprika", "gola-golazol-world-renamed", "GOLA", "Golazol World")


def test_what_is_left_over_for_a_coin_under_another_id_is_no_match() -> None:
    assert links([CAT, WORLD], [KNOWN, RENAMED]) == {"golazol-world": "gola-golazol-world"}
    found = twin(compared(CAT, RENAMED, WORLD, KNOWN))
    assert found is not None
    assert found.veto
    assert found.reason == "it may be 'gola-golazol-world' under another id, and the names are only alike"


def test_a_twin_forbids_nothing_to_its_very_name_nor_where_the_price_agrees() -> None:
    assert twin(compared(WORLD, RENAMED, KNOWN)) is None
    assert twin(compared(CAT, RENAMED, WORLD)) is None, "nobody else bears its name there"
    near, same = (priced(one, "1.01") for one in (CAT, RENAMED))
    assert twin(compared(near, same, WORLD, KNOWN)) is None
    assert twin(compared(near, priced(RENAMED, "2"), WORLD, KNOWN)) is not None


def test_a_namesake_with_another_symbol_is_no_twin() -> None:
    other = listed("coinpaprika", "gow-golazol-world", "GOW", "Golazol World")
    assert twin(compared(CAT, RENAMED, WORLD, other)) is None
