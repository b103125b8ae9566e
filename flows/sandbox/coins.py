"""The coins of the market: the real ones, read from coins.csv.

Ids, names, symbols and addresses there are the providers' own; prices and supplies are approximate, from several
years. An empty id: the provider lacks the coin. No rank: unranked. No price: nobody trades it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_CSV = Path(__file__).with_name("coins.csv")


@dataclass(frozen=True, slots=True)
class Naming:
    """What one provider calls a coin."""

    id: str
    symbol: str
    name: str


@dataclass(frozen=True, slots=True)
class Coin:
    """One coin as it is, under the names its providers know it by. A provider that is not in `names` lacks it."""

    key: str
    names: Mapping[str, Naming]
    kind: str
    price_usd: float | None
    """The price at `walk.ANCHOR`; None: nobody trades it."""
    is_ranked: bool
    circulating_supply: float | None
    total_supply: float | None
    max_supply: float | None
    moves_with: str
    """Whose walk it follows: its own key, another coin's, or a peg."""
    listed_at: float
    addresses: tuple[tuple[str, str], ...] = ()
    """(chain id, contract address) pairs, the chain of issue first."""
    twin_of: str | None = None
    """The coin this one is a bridged copy of: CoinCap lists its address under the original."""
    stopped_at: float | None = None
    """When trading ended: the price and its time stay where they were."""
    is_active: bool = True


def _number(text: str) -> float | None:
    return float(text) if text else None


def _names(row: dict[str, str]) -> dict[str, Naming]:
    symbol, name = row["symbol"], row["name"]
    names = {
        "coingecko": Naming(row["coingecko_id"], symbol.lower(), name),
        "coinpaprika": Naming(
            row["coinpaprika_id"], row["coinpaprika_symbol"] or symbol, row["coinpaprika_name"] or name
        ),
        "coincap": Naming(row["coincap_id"], symbol, row["coincap_name"] or name),
    }
    return {provider: naming for provider, naming in names.items() if naming.id}


def _addresses(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (entry.split(":", 1) for entry in text.split("|") if entry)
    return tuple((chain, address) for chain, address in pairs)


def _listed_at(text: str, key: str) -> float:
    """Where the day is not known: some day of 2017 to 2021, always the same for the same coin."""
    day = datetime.fromisoformat(text or f"{2017 + sum(key.encode()) % 5}-{1 + len(key) % 12:02}-15")
    return day.replace(tzinfo=UTC).timestamp()


def _coin(row: dict[str, str]) -> Coin:
    key = row["coingecko_id"]
    return Coin(
        key=key,
        names=_names(row),
        kind=row["kind"],
        price_usd=_number(row["price_usd"]),
        is_ranked=bool(row["rank"]),
        circulating_supply=_number(row["circulating_supply"]),
        total_supply=_number(row["total_supply"]),
        max_supply=_number(row["max_supply"]),
        moves_with=row["moves_with"] or key,
        listed_at=_listed_at(row["first_data_on"], key),
        addresses=_addresses(row["addresses"]),
        twin_of=row["twin_of"] or None,
    )


def read_coins(path: Path = _CSV) -> list[Coin]:
    """Read the real coins, largest first."""
    with path.open(newline="", encoding="utf-8") as lines:
        return [_coin(row) for row in csv.DictReader(lines)]
