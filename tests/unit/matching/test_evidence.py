"""What each fact says, alone: the direction it points in, and when it keeps silent or forbids."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from flows.matching import designation, evidence, lineage, standing
from flows.matching.block import block
from flows.matching.comparison import Comparison, Evidence
from flows.matching.entries import Entry, Prior
from flows.matching.evidence import EVIDENCE
from flows.matching.likeness import similarity
from flows.matching.normalize import name_of, plain, profile
from flows.matching.pairing import match_entries
from flows.matching.resolve import resolve
from models.outcomes import ListingKind
from models.records import Listing, Quote

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def gecko(source_id: str = "alpha", symbol: str = "alp", name: str = "Alpha", **more: object) -> Entry:
    return _entry("coingecko", source_id, symbol, name, **more)


def paprika(source_id: str = "alp-alpha", symbol: str = "ALP", name: str = "Alpha", **more: object) -> Entry:
    return _entry("coinpaprika", source_id, symbol, name, **more)


def _entry(source: str, source_id: str, symbol: str, name: str, **more: object) -> Entry:
    price, minutes = more.pop("price", None), more.pop("minutes", 0)
    listing = Listing(source, source_id, symbol=symbol, name=name, **more)  # type: ignore[arg-type]
    quote = (
        Quote(source, source_id, NOW - timedelta(minutes=float(str(minutes))), Decimal(str(price)))
        if price
        else None
    )
    return Entry(listing, quote, is_fresh=True)


def pair_of(left: Entry, right: Entry, *others: Entry) -> Comparison:
    blocks = block([profile(entry) for entry in (left, right, *others)])
    return Comparison(blocks.profiles[left.key], blocks.profiles[right.key], blocks)


def must(found: Evidence | None) -> Evidence:
    assert found is not None
    return found


def test_every_piece_of_evidence_explains_itself() -> None:
    assert all((weigh.__doc__ or "").strip() for weigh in EVIDENCE)


def test_a_symbol_counts_the_more_the_rarer_it_is() -> None:
    alone = must(evidence.symbol(pair_of(gecko(), paprika())))
    shared = must(evidence.symbol(pair_of(gecko(), paprika(), gecko("alp-2"), paprika("alp-other"))))
    dead = must(evidence.symbol(pair_of(gecko(), paprika(), paprika("alp-dead", is_active=False))))
    other = must(evidence.symbol(pair_of(gecko(symbol="xyz"), paprika())))
    assert alone.points == dead.points > shared.points > 0 > other.points


def test_an_id_keeps_the_symbol_a_coin_once_had() -> None:
    renamed = must(evidence.symbol(pair_of(gecko(symbol="old"), paprika("old-alpha", symbol="NEW"))))
    assert renamed.points > 0


@pytest.mark.parametrize(
    ("left", "right", "at_least", "at_most"),
    [
        ("Alpha", "alpha", 1.0, 1.0),
        ("Doge Zilla", "DogeZilla", 0.97, 0.99),
        ("Alpha", "Alpha Token", 0.9, 0.99),
        ("Alpha Finance", "AlphaFinance.io", 0.9, 1.0),
        ("Dragon Coin", "Dragon Coins", 0.9, 1.0),
        ("Behodler", "Beholder", 0.7, 0.9),
        ("Secret Finance", "SEFI", 0.6, 0.6),
        ("Trader Joe", "Joe", 0.5, 0.8),
        ("Alpha", "Omega", 0.0, 0.3),
        ("Terra", "Luna Coin", 0.0, 0.3),
        ("", "Alpha", 0.0, 0.0),
    ],
)
def test_names_are_alike_by_what_they_tell(left: str, right: str, at_least: float, at_most: float) -> None:
    one, other = (name_of(plain(text)[0]) for text in (left, right))
    assert at_least <= similarity(one, other) <= at_most
    assert similarity(one, other) == similarity(other, one)


def test_a_name_that_repeats_the_symbol_is_no_second_witness() -> None:
    told_twice = must(designation.name(pair_of(gecko("x", name="ALP"), paprika(name="Alp"))))
    told_once = must(designation.name(pair_of(gecko(name="Alpha"), paprika(name="Alpha"))))
    silent = must(designation.name(pair_of(gecko(name="ALP"), paprika(name="Omega"))))
    assert told_once.points > told_twice.points > 0 == silent.points


def test_a_name_that_is_the_same_but_for_a_space_is_no_mere_repetition() -> None:
    found = must(
        designation.name(
            pair_of(gecko(symbol="lion", name="CoinLion"), paprika(symbol="LION", name="Coin Lion"))
        )
    )
    assert found.points > 4


def test_of_two_namesakes_the_one_spelled_alike_is_linked() -> None:
    left = [gecko("moon-doge", "mdo", "Moon Doge"), gecko("moondoge", "mdo", "MoonDoge")]
    right = [paprika("mdo-moondoge", "MDO", "MoonDoge")]
    rows = {row.left_id: row.state for row in match_entries(left, right)}
    assert rows == {"moondoge": "accepted", "moon-doge": "unmatched"}


def test_a_short_name_counts_more_with_a_further_word_in_common() -> None:
    with_it = must(designation.called(pair_of(gecko(name="ALPdom Coin"), paprika(name="ALP Coin"))))
    without = must(designation.called(pair_of(gecko(name="ALPriver"), paprika(name="ALP Coin"))))
    assert with_it.points > without.points > 0


def test_a_symbol_of_a_letter_or_two_stands_for_no_name() -> None:
    assert (
        designation.called(pair_of(gecko(symbol="XQ", name="XQ"), paprika(symbol="XQ", name="Quorum")))
        is None
    )
    assert (
        designation.called(pair_of(gecko(symbol="XQL", name="XQL"), paprika(symbol="XQL", name="Tidal")))
        is not None
    )


def test_a_company_share_is_hardly_the_coin_with_its_ticker() -> None:
    rows = match_entries([gecko("qlg", "qlg", "QLG")], [paprika("qlg-quorum-corp", "QLG", "Quorum Corp")])
    assert [row.state for row in rows] == ["review"]


def test_former_names_in_brackets_are_compared_too() -> None:
    found = must(designation.name(pair_of(gecko(name="Omega (prev. Alpha)"), paprika(name="Alpha"))))
    assert found.points > 4


@pytest.mark.parametrize(
    ("name", "is_veto"),
    [("Alpha [OLD]", False), ("Alpha v2", False), ("Wrapped Alpha", False), ("Alpha (Wormhole)", True)],
)
def test_marks_of_another_coin_speak_against_a_link(name: str, is_veto: bool) -> None:  # noqa: FBT001 - a column
    found = must(lineage.marks(pair_of(gecko(name=name), paprika())))
    assert found.points < 0
    assert found.veto == is_veto
    assert lineage.marks(pair_of(gecko(name=name), paprika(name=name))) is None


def test_prices_vote_and_forbid_only_when_both_are_fresh_and_of_the_same_hours() -> None:
    near = must(standing.price(pair_of(gecko(price=100), paprika(price=101))))
    far = must(standing.price(pair_of(gecko(price=100), paprika(price=200))))
    assert near.points > 0 > far.points
    assert (near.veto, far.veto) == (False, True)
    assert standing.price(pair_of(gecko(price=100), paprika(price=200, minutes=60 * 24))) is None
    assert standing.price(pair_of(gecko(price=100), paprika())) is None


def test_far_prices_keep_equal_names_apart_but_not_a_shared_contract() -> None:
    contract = ("eip155:1/erc20:0x" + "a1" * 20,)
    apart = resolve([gecko(price=1), paprika(price=90)], Prior())
    assert len({link.asset_uid for link in apart.accepted}) == 2
    assert [link.state for link in apart.review] == ["review"]
    one = resolve([gecko(price=1, addresses=contract), paprika(price=90, addresses=contract)], Prior())
    assert {link.asset_uid for link in one.accepted} == {"alpha"}


def test_coin_and_token_dead_and_alive_speak_against_a_link() -> None:
    kinds = pair_of(gecko(kind=ListingKind.COIN), paprika(kind=ListingKind.TOKEN))
    assert must(standing.kind(kinds)).points < 0
    assert must(standing.activity(pair_of(gecko(), paprika(is_active=False)))).points < 0
    assert standing.activity(pair_of(gecko(is_active=True), paprika(is_active=True))) is None


def test_a_lower_cased_solana_address_is_the_same_contract() -> None:
    mint = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/token:Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"
    left = gecko(addresses=(mint,))
    right = _entry("coincap", "other", "OTH", "Other", addresses=(mint.lower(),))
    assert {link.asset_uid for link in resolve([left, right], Prior()).accepted} == {"alpha"}


def test_what_is_settled_makes_the_rest_telling() -> None:
    world = [
        gecko("joe", symbol="joe", name="JOE"),
        paprika("joe-trader-joe", symbol="JOE", name="Trader Joe"),
        gecko("quorum-ledger", symbol="joe", name="Quorum Ledger"),
        paprika("joe-quorum-ledger", symbol="JOE", name="Quorum Ledger"),
    ]
    found = resolve(world, Prior())
    assert sorted(link.asset_uid for link in found.accepted) == [
        "joe",
        "joe",
        "quorum-ledger",
        "quorum-ledger",
    ]
