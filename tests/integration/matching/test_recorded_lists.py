"""The dry run on lists that providers really sent, scored against pairs known without names or symbols.

The recorded lists are not part of the project: they lie beside the repository, or these tests are skipped.
"""

import csv
from pathlib import Path

import orjson
import pytest

from flows.match_lists import match
from tests.benchmarks.matching.recorded_cases import (
    ABSENT,
    CASES,
    CONTRACTS,
    LIST,
    RECORDED,
    TICKERS,
    Case,
    Score,
    score,
)

ON_ONE_DAY, BY_CONTRACT, WITH_CONTRACTS, SAME_DAY, *MONTHS_APART = CASES
COINCAP = RECORDED / "coincap" / "coincap_assets_100_2018-08-06.json"

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason=ABSENT)


def accepted(left: str, right: str, out: Path, *contracts: str) -> dict[str, str]:
    """Run the dry run and read the accepted links from its file, which has a line for every left listing."""
    assert match(left, right, out, contracts) == 0
    with out.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    body = orjson.loads(Path(left.partition(":")[2]).read_bytes())
    assert len(rows) == len(body["data"] if isinstance(body, dict) else body)
    return {row["left_id"]: row["right_id"] for row in rows if row["state"] == "accepted"}


def scored(case: Case, folder: Path) -> Score:
    contracts = [f"eth-ethereum:{RECORDED / CONTRACTS}"] if case.has_contracts else []
    left, right = f"coingecko:{RECORDED / case.left}", f"coinpaprika:{RECORDED / case.right}"
    return score(accepted(left, right, folder / "links.csv", *contracts), case.known())


def test_lists_alone_are_matched_to_99_percent(tmp_path: Path) -> None:
    found = scored(ON_ONE_DAY, tmp_path)
    assert found.right >= 0.99 * found.pairs
    assert found.wrong <= 0.003 * found.pairs


def test_pairs_known_by_contract_are_found_by_their_names_alone(tmp_path: Path) -> None:
    found = scored(BY_CONTRACT, tmp_path)
    assert found.pairs > 800
    assert found.right >= 0.98 * found.pairs
    assert found.wrong <= 0.003 * found.pairs


@pytest.mark.parametrize("case", MONTHS_APART, ids=lambda case: case.name)
def test_months_apart_nothing_is_linked_wrongly(case: Case, tmp_path: Path) -> None:
    found = scored(case, tmp_path)
    assert found.wrong == 0
    assert found.right >= found.pairs - 1


def test_on_the_same_day_all_are_right(tmp_path: Path) -> None:
    found = scored(SAME_DAY, tmp_path)
    assert found.right == found.pairs > 0


def test_a_shared_contract_decides(tmp_path: Path) -> None:
    found = scored(WITH_CONTRACTS, tmp_path)
    assert found.pairs > 900
    assert found.right >= 0.998 * found.pairs


def test_a_coin_that_took_over_a_name_is_not_linked_to_the_one_that_had_it(tmp_path: Path) -> None:
    left = f"coingecko:{RECORDED / MONTHS_APART[-1].left}"
    assert "terra-luna-2" not in accepted(left, f"coinpaprika:{RECORDED / TICKERS}", tmp_path / "links.csv")


def test_a_list_full_of_nulls_is_survived(tmp_path: Path) -> None:
    left = RECORDED / "coingecko" / "coingecko_markets_145_2022-08-26.json"
    assert accepted(f"coingecko:{left}", f"coinpaprika:{RECORDED / TICKERS}", tmp_path / "links.csv")


def test_coincap_is_told_by_its_shape_on_either_side(tmp_path: Path) -> None:
    lists = [f"coingecko:{RECORDED / LIST}", f"coincap:{COINCAP}"]
    forth = accepted(lists[0], lists[1], tmp_path / "forth.csv")
    back = accepted(lists[1], lists[0], tmp_path / "back.csv")
    assert forth == {right: left for left, right in back.items()}
    assert {"bitcoin", "ethereum", "cardano"} <= set(back)
