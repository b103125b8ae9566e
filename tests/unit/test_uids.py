"""Uids: how they are made, and that none is ever given twice."""

from hypothesis import given
from hypothesis import strategies as st

from models.uids import FORM, LENGTH_AT_MOST, Uids, wanted_uid


def test_a_uid_comes_from_the_coingecko_id_else_the_name_and_is_numbered() -> None:
    assert wanted_uid("coingecko", "Alpha_Coin", "Another") == "alpha-coin"
    assert wanted_uid("coinpaprika", "alp-alpha", "Café Alpha!") == "cafe-alpha"
    assert wanted_uid("coinpaprika", "alp-alpha", "アルファ") == "alp-alpha"
    uids = Uids(["alpha", "alpha-2"])
    assert [uids.found("coinpaprika", "alp-alpha", "Alpha") for _ in range(2)] == ["alpha-3", "alpha-4"]


@given(
    st.lists(st.tuples(st.sampled_from(["coingecko", "mine"]), st.text(), st.none() | st.text()), max_size=9)
)
def test_no_text_gives_a_bad_uid_or_the_same_twice(listed: list[tuple[str, str, str | None]]) -> None:
    uids = Uids(())
    given_out = [uids.found(*one) for one in listed]
    assert len(set(given_out)) == len(given_out)
    assert all(FORM.fullmatch(uid) and len(uid) <= LENGTH_AT_MOST + 3 for uid in given_out)
