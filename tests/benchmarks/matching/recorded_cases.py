"""Lists that providers really sent, with pairs known to be the same coin: what accuracy is measured on.

The recorded lists are not part of the project: they lie beside the repository, or what needs them is skipped.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from flows.matching.entries import Entry
from flows.matching.pairing import match_entries
from flows.matching.recorded import mark_fresh, read_contracts, read_list, with_contracts
from models.outcomes import LinkState

RECORDED = Path(__file__).parents[4] / "shared" / "recorded"
ABSENT = f"no recorded lists at {RECORDED.resolve()}"

LIST = "coingecko/coingecko_list_2022-01-07.json"
PLATFORMS = "coingecko/coingecko_list_platforms_2023-05-03.json"
COINS = "coinpaprika/coinpaprika_coins_2022-01-07.json"
TICKERS = "coinpaprika/coinpaprika_tickers_2021-08-12.json"
CONTRACTS = "coinpaprika/coinpaprika_contracts_eth_2021-08-12.json"

Known = Mapping[str, set[str]]
"""The CoinPaprika ids that are right, by CoinGecko id."""
Links = Mapping[str, str]
"""The CoinPaprika id that was chosen, by CoinGecko id."""


@dataclass(frozen=True, slots=True)
class Case:
    """Two lists and what is known of them."""

    name: str
    left: str
    right: str
    truth: str | None = None
    """A file of known pairs; without one, the pairs that share an Ethereum contract are what is known."""
    has_contracts: bool = False

    def lists(self) -> list[tuple[Entry, ...]]:
        """Read both lists, with contracts where the case has them."""
        left, right = read_list("coingecko", body(self.left)), read_list("coinpaprika", body(self.right))
        known = read_contracts("eth-ethereum", body(CONTRACTS))[0] if self.has_contracts else {}
        return mark_fresh(left.entries, with_contracts(right.entries, known))

    def known(self) -> Known:
        """Read the known pairs."""
        return _truth(self.truth) if self.truth else _by_contract(self.left, self.right, self.has_contracts)


CASES = (
    Case("full lists", LIST, COINS, "F_lists_2022-01-07.csv"),
    Case("known by contract", LIST, COINS),
    Case("with contracts", PLATFORMS, COINS, has_contracts=True),
    Case(
        "same day",
        "coingecko/coingecko_markets_50_2021-08-12_DERIVED.json",
        TICKERS,
        "A_same_day_2021-08-12.csv",
    ),
    Case(
        "5 months apart",
        "coingecko/coingecko_markets_250_2022-01-29.json",
        TICKERS,
        "C_2022-01-29_vs_2021-08-12.csv",
    ),
    Case(
        "12 months apart",
        "coingecko/coingecko_markets_250_2022-08-30.json",
        TICKERS,
        "D_2022-08-30_vs_2021-08-12.csv",
    ),
    Case(
        "21 months apart",
        "coingecko/coingecko_markets_250_2023-05-03.json",
        TICKERS,
        "E_2023-05-03_vs_2021-08-12.csv",
    ),
)


@dataclass(frozen=True, slots=True)
class Score:
    """How many of the known pairs were linked rightly and wrongly; the rest were left alone."""

    right: int
    wrong: int
    pairs: int

    def __str__(self) -> str:
        return f"{100 * self.right / self.pairs:.1f} / {100 * self.wrong / self.pairs:.1f}"


def score(links: Links, known: Known) -> Score:
    """Count only the listings that the truth names: of the others nothing is known."""
    chosen = [(links.get(left_id), right_ids) for left_id, right_ids in known.items()]
    right = sum(right_id in right_ids for right_id, right_ids in chosen)
    return Score(right, sum(right_id is not None for right_id, _ in chosen) - right, len(known))


def accepted(left: Sequence[Entry], right: Sequence[Entry]) -> Links:
    """Match, and keep the accepted links."""
    return {
        row.left_id: row.right_id for row in match_entries(left, right) if row.state == LinkState.ACCEPTED
    }


@cache
def body(path: str) -> Any:  # noqa: ANN401 - JSON
    """Read a recorded body."""
    return orjson.loads((RECORDED / path).read_bytes())


def _truth(name: str) -> Known:
    with (RECORDED / "truth" / name).open(newline="", encoding="utf-8") as file:
        return {
            row["coingecko_id"]: {row["coinpaprika_id"], *row["also_right"].split("|")} - {""}
            for row in csv.DictReader(file)
        }


def _by_contract(left: str, right: str, is_dead_allowed: bool) -> Known:  # noqa: FBT001 - private
    """Pair ids whose contract both sides list, and list nowhere else; by names alone no dead listing is asked for."""
    mine: defaultdict[str, set[str]] = defaultdict(set)
    theirs: defaultdict[str, set[str]] = defaultdict(set)
    for coin in body(PLATFORMS):
        mine[(coin["platforms"].get("ethereum") or "").strip().lower()].add(coin["id"])
    for contract in body(CONTRACTS):
        theirs[contract["address"].strip().lower()].add(contract["id"])
    lefts = {coin["id"] for coin in body(left)}
    rights = {coin["id"] for coin in body(right) if coin["is_active"] or is_dead_allowed}
    known: defaultdict[str, set[str]] = defaultdict(set)
    for left_id, right_id in _only_ones(mine, theirs):
        if left_id in lefts and right_id in rights:
            known[left_id].add(right_id)
    return known


def _only_ones(mine: Mapping[str, set[str]], theirs: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    for address in sorted(mine.keys() & theirs.keys() - {""}):
        if len(mine[address]) == len(theirs[address]) == 1:
            yield next(iter(mine[address])), next(iter(theirs[address]))
