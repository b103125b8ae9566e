"""However many names clients make up, few are told apart, and those that are asked often are among them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graphql_api.metrics.names import APART_AT_MOST, OFTEN, OTHER, WAITING_AT_MOST, Names


def test_a_name_is_told_apart_once_it_was_asked_often() -> None:
    names = Names()
    assert [names.known("Prices") for _ in range(OFTEN + 1)] == [OTHER] * (OFTEN - 1) + ["Prices"] * 2


def test_made_up_names_take_nobodys_place() -> None:
    names = Names()
    for number in range(WAITING_AT_MOST * 3):
        assert names.known(f"MadeUp{number}") == OTHER
    assert [names.known("Prices") for _ in range(OFTEN)][-1] == "Prices"


@given(st.lists(st.integers(0, APART_AT_MOST * 2), max_size=APART_AT_MOST * 3))
def test_there_are_never_more_than_can_be_borne(asked: list[int]) -> None:
    names = Names()
    told = {names.known(f"Operation{number}") for number in asked for _ in range(OFTEN)}
    assert len(told) <= APART_AT_MOST
