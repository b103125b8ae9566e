"""What entity resolution promises whatever it is given."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.matching.entries import Entry, Prior, Resolution
from flows.matching.resolve import resolve
from models.outcomes import LinkState
from models.records import Link, Listing

WORDS = [
    "alpha",
    "beta",
    "Gamma Token",
    "Delta Network",
    "beta [OLD]",
    "Wrapped Beta",
    "ALP",
    "B\u0435ta",
    None,
]
SYMBOLS = ["ALP", "BET", "GAM", None]
IDS = ["alpha", "beta", "beta-2", "alp-alpha", "bet-beta", "gamma-token", "delta", "alp"]
ADDRESSES = [f"eip155:1/erc20:0x{number:040x}" for number in range(1 << 40, (1 << 40) + 3)]

listings = st.builds(
    Listing,
    source=st.sampled_from(["coingecko", "coinpaprika", "coincap", "mine"]),
    source_id=st.sampled_from(IDS),
    symbol=st.sampled_from(SYMBOLS),
    name=st.sampled_from(WORDS),
    is_active=st.sampled_from([None, True, False]),
    addresses=st.one_of(st.none(), st.lists(st.sampled_from(ADDRESSES), max_size=2, unique=True).map(tuple)),
)
entries = st.builds(Entry, listing=listings)
worlds = st.lists(entries, max_size=14, unique_by=lambda entry: entry.key)
PERSON = "alice"


def after(resolution: Resolution, *more: Link, earlier: Prior | None = None) -> Prior:
    """Store a resolution, as the database would, with what people said since."""
    said = {(link.source, link.source_id, link.asset_uid) for link in more}
    kept = [
        link
        for link in (*resolution.accepted, *resolution.review, *resolution.rejected)
        if (link.source, link.source_id, link.asset_uid) not in said
    ]
    successors = {**(earlier.successors if earlier else {}), **resolution.successors}
    return Prior((*kept, *more), resolution.assets, successors)


@given(worlds)
def test_every_listing_has_exactly_one_accepted_link_to_an_asset_that_exists(world: list[Entry]) -> None:
    found = resolve(world, Prior())
    assert Counter((link.source, link.source_id) for link in found.accepted) == Counter(
        entry.key for entry in world
    )
    assert {link.asset_uid for link in (*found.accepted, *found.review)} <= {
        asset.uid for asset in found.assets
    }


@given(worlds)
def test_an_asset_has_one_listing_of_a_source_at_most(world: list[Entry]) -> None:
    found = resolve(world, Prior())
    per_source = Counter((link.asset_uid, link.source) for link in found.accepted)
    assert not [pair for pair, count in per_source.items() if count > 1]


@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_input_changes_nothing(world: list[Entry], random: object) -> None:
    shuffled = list(world)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert resolve(shuffled, Prior()) == resolve(world, Prior())


@given(worlds, worlds)
def test_a_second_run_changes_nothing(earlier: list[Entry], world: list[Entry]) -> None:
    prior = after(resolve(earlier, Prior()))
    first = resolve(world, prior)
    second = resolve(world, after(first, earlier=prior))
    assert not second.founded
    assert not second.retired
    assert not second.successors
    assert second.accepted == first.accepted
    assert second.review == first.review
    assert second.rejected == first.rejected


@given(worlds, worlds)
def test_a_listing_has_one_link_to_an_asset_at_most(earlier: list[Entry], world: list[Entry]) -> None:
    for prior in (Prior(), after(resolve(earlier, Prior()))):
        found = resolve(world, prior)
        pairs = Counter(
            (link.source, link.source_id, link.asset_uid)
            for link in (*found.accepted, *found.review, *found.rejected)
        )
        assert not [pair for pair, count in pairs.items() if count > 1]


@given(worlds, worlds, st.data())
def test_a_persons_no_is_never_overridden(
    earlier: list[Entry], world: list[Entry], data: st.DataObject
) -> None:
    first = resolve(earlier, Prior())
    if not first.accepted:
        return
    said = data.draw(st.sampled_from(first.accepted + first.review))
    no = replace(said, state=LinkState.REJECTED, decided_by=PERSON)
    prior = after(first, no)
    found = resolve(world, prior)
    again = resolve(world, after(found, no, earlier=prior))
    for resolution in (found, again):
        successors = {**prior.successors, **found.successors}
        means = successors.get(no.asset_uid, no.asset_uid)
        links = (*resolution.accepted, *resolution.review, *resolution.rejected)
        assert not [
            link
            for link in links
            if (link.source, link.source_id) == (no.source, no.source_id)
            and link.asset_uid in {no.asset_uid, means}
        ]


@given(worlds, worlds, st.data())
def test_a_persons_yes_is_never_overridden(
    earlier: list[Entry], world: list[Entry], data: st.DataObject
) -> None:
    first = resolve(earlier, Prior())
    if not first.review:
        return
    said = data.draw(st.sampled_from(first.review))
    yes = replace(said, state=LinkState.ACCEPTED, decided_by=PERSON)
    others = [
        link for link in first.accepted if (link.source, link.source_id) != (said.source, said.source_id)
    ]
    found = resolve(world, Prior((*others, yes), first.assets))
    present = {entry.key for entry in (*world, *earlier)}
    assert (yes.source, yes.source_id) in present
    assert yes in found.accepted


@given(worlds, worlds)
def test_a_published_uid_keeps_its_meaning(earlier: list[Entry], world: list[Entry]) -> None:
    first = resolve(earlier, Prior())
    second = resolve(world, after(first))
    assert set(first.assets) <= set(second.assets)
    assert not {asset.uid for asset in second.founded} & {asset.uid for asset in first.assets}
    assert not set(second.successors) & {link.asset_uid for link in second.accepted}


@given(
    st.permutations(["Quorum", "Tidal", "Vexel", "Marble", "Onyx"]),
    st.sampled_from(["ABC", "MOON", "X", "NET"]),
    st.sampled_from(
        ["{}", "{} Token", "{} Protocol Network", "The {} Finance DAO", "{} v2", "{symbol} {}", "{} {symbol}"]
    ),
)
def test_a_shared_symbol_alone_never_merges(words: list[str], symbol: str, form: str) -> None:
    sources = ["coingecko", "coinpaprika", "coincap", "mine", "yours"]
    names = [form.format(word, symbol=symbol) for word in words]
    ids = ["-".join(name.lower().split()) for name in names]
    ids[1] = f"{symbol.lower()}-{ids[1]}"
    world = [
        Entry(Listing(source, one, symbol=symbol, name=name))
        for source, one, name in zip(sources, ids, names, strict=True)
    ]
    world += [Entry(Listing("theirs", "nameless", symbol=symbol))]
    assert len({link.asset_uid for link in resolve(world, Prior()).accepted}) == len(world)


@given(worlds, st.sampled_from(["coingecko", "coinpaprika", "coincap", "mine"]))
def test_an_unrelated_listing_moves_no_existing_link(world: list[Entry], source: str) -> None:
    first = resolve(world, Prior())
    stranger = Entry(Listing(source, "wholly-unheard-of", symbol="WUO", name="Wholly Unheard Of"))
    second = resolve([*world, stranger], after(first))
    assert set(first.accepted) <= set(second.accepted)
    fresh = resolve([*world, stranger], Prior())
    assert set(first.accepted) <= set(fresh.accepted)


@settings(max_examples=50)
@given(
    st.lists(
        st.builds(
            Entry, st.builds(Listing, st.sampled_from(["a", "b"]), st.text(min_size=1), st.text(), st.text())
        ),
        max_size=6,
    )
)
def test_no_text_is_too_strange(world: list[Entry]) -> None:
    found = resolve(world, Prior())
    assert {(link.source, link.source_id) for link in found.accepted} == {entry.key for entry in world}
    assert all(asset.uid and asset.uid.isascii() for asset in found.assets)
