"""The long tail: generated coins behind the real ones, as many as wanted.

Coins are made one after another, so a smaller market is the beginning of a larger one. Every fourth takes the
symbol of an earlier coin, whichever it is, so that symbols that are common become more common: that gives the
collisions of the real lists, where 2,310 symbols cover 6,652 of some 17,000 coins.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from flows.sandbox.coins import Coin, Naming
from flows.sandbox.walk import ANCHOR

_SHARE_OF_BORROWED_SYMBOLS = 0.255
_SYLLABLES = (
    "ba be bo da de di do fa fi fo ga go ka ki ko la le li lo lu ma me mi mo mu na ne ni no nu pa pi po ra re ri "
    "ro ru sa se si so su ta te ti to tu va ve vi vo wa we xe ya yo za ze zi zo zu"
)
_ENDINGS = ["", "", "n", "r", "x", "s", "l"]
_SUFFIXES = (
    "Finance Protocol Network Token Swap DAO AI Inu Coin Chain Games Labs Verse Pay Cash Cat Moon World Gold "
    "Exchange Capital Energy Social Credits"
)
_CHAINS = ["ethereum", "binance-smart-chain", "solana", "base", "polygon-pos", "arbitrum-one", "avalanche"]
_CHAIN_WEIGHTS = [45, 28, 14, 5, 4, 2, 2]
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_FIRST_LISTING = datetime(2018, 1, 1, tzinfo=UTC).timestamp()
_MARKET_CAP_AT_THE_HEAD = 1.5e8


class Tail:
    """Makes coins that go with those already there. Deterministic: one seed, one sequence."""

    def __init__(self, seed: int, head: Sequence[Coin]) -> None:
        self._random = random.Random(f"tail/{seed}")  # noqa: S311 - a market to play in, not a secret
        self._names = [(naming.symbol.upper(), naming.name) for coin in head for naming in _first(coin)]
        self._symbols = {symbol for symbol, _ in self._names}
        self._full_names = {naming.name.lower() for coin in head for naming in coin.names.values()}
        self._taken = {(provider, naming.id) for coin in head for provider, naming in coin.names.items()}
        self._rank = 0
        self._syllables = _SYLLABLES.split()
        self._suffixes = _SUFFIXES.split()

    def next(self) -> Coin:
        """Make the next coin, a little smaller than the one before."""
        self._rank += 1
        symbol, name = self._invent_name()
        self._names.append((symbol, name))
        self._symbols.add(symbol)
        self._full_names.add(name.lower())
        names = self._names_by_provider(symbol, name)
        key = f"tail-{self._rank}"
        price, circulating, total, maximum = self._figures()
        listed_at = self._random.uniform(_FIRST_LISTING, ANCHOR - 30 * 86400) // 86400 * 86400
        is_active, stopped_at = self._life(listed_at)
        is_ranked = price is not None and circulating is not None and is_active
        kind = "token" if self._random.random() < 0.9 else "coin"  # noqa: PLR2004 - nine of ten are tokens
        return Coin(
            key=key,
            names=names,
            kind=kind,
            price_usd=price,
            is_ranked=is_ranked,
            circulating_supply=circulating,
            total_supply=total,
            max_supply=maximum,
            moves_with=key,
            listed_at=listed_at,
            addresses=self._addresses() if kind == "token" else (),
            stopped_at=stopped_at,
            is_active=is_active,
        )

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _invent_name(self) -> tuple[str, str]:
        """Find a symbol, perhaps an earlier coin's, with a name nobody has: both the same would be the same coin."""
        borrows = self._chance(_SHARE_OF_BORROWED_SYMBOLS)
        while True:
            symbol, name = self._borrow() if borrows else self._invent()
            if name.lower() not in self._full_names and (borrows or symbol not in self._symbols):
                return symbol, name

    def _borrow(self) -> tuple[str, str]:
        symbol, name = self._random.choice(self._names)
        first = name.split(" ", 1)[0]
        return symbol or first[:4].upper(), f"{first} {self._random.choice(self._suffixes)}"

    def _invent(self) -> tuple[str, str]:
        syllables = self._random.choices(self._syllables, k=self._random.choice((2, 2, 3)))
        word = "".join(syllables) + self._random.choice(_ENDINGS)
        symbol = word[: self._random.choice((3, 4, 4, 5, 6))].upper()
        return symbol, f"{word.capitalize()} {self._random.choice(self._suffixes)}"

    def _unused(self, provider: str, wanted: str) -> str:
        taken, number = wanted, 1
        while (provider, taken) in self._taken:
            number += 1
            taken = f"{wanted}-{number}"
        self._taken.add((provider, taken))
        return taken

    def _names_by_provider(self, symbol: str, name: str) -> dict[str, Naming]:
        slug = "-".join(
            "".join(letter for letter in name.lower() if letter.isalnum() or letter == " ").split()
        )
        names: dict[str, Naming] = {}
        if self._chance(0.75 if self._rank < 4_000 else 0.45):  # noqa: PLR2004 - where CoinPaprika thins out
            joined = name.replace(" ", "") if self._chance(0.06) else name
            wanted = f"{symbol.lower().strip('$')}-{slug}"
            names["coinpaprika"] = Naming(self._unused("coinpaprika", wanted), symbol, joined)
        if self._chance(0.85 if self._rank < 2_200 else 0.05):  # noqa: PLR2004 - where CoinCap ends
            short = name.rsplit(" ", 1)[0] if self._chance(0.05) else name
            names["coincap"] = Naming(self._unused("coincap", slug), symbol, short)
        if not names or self._chance(0.98):
            names["coingecko"] = Naming(self._unused("coingecko", slug), symbol.lower(), name)
        return names

    def _figures(self) -> tuple[float | None, float | None, float | None, float | None]:
        """Price and the three supplies, any of which may be unknown."""
        shrink = (300 / (300 + self._rank)) ** 2.3
        market_cap = _MARKET_CAP_AT_THE_HEAD * shrink * self._random.lognormvariate(0, 0.8)
        total = float(f"{10 ** self._random.triangular(5, 16, 9):.6g}")
        circulating = total if self._chance(0.5) else float(f"{total * self._random.uniform(0.1, 1):.12g}")
        price = market_cap / circulating
        is_small = self._rank > 1_200  # noqa: PLR2004 - below, somebody counts the supply
        return (
            None if is_small and self._chance(0.02) else price,
            None if is_small and self._chance(0.2) else circulating,
            None if self._chance(0.03) else total,
            total if self._chance(0.55) else None,
        )

    def _life(self, listed_at: float) -> tuple[bool, float | None]:
        """(is active, when trading stopped): most go on, some stand still, a few are gone."""
        if self._rank < 1_500 or not self._chance(0.06):  # noqa: PLR2004 - the larger ones live
            return True, None
        return self._chance(0.5), self._random.uniform(listed_at + 10 * 86400, ANCHOR - 10 * 86400)

    def _addresses(self) -> tuple[tuple[str, str], ...]:
        chains = self._random.choices(_CHAINS, _CHAIN_WEIGHTS, k=2 if self._chance(0.15) else 1)
        return tuple((chain, self._address(chain)) for chain in dict.fromkeys(chains))

    def _address(self, chain: str) -> str:
        if chain == "solana":
            return "".join(self._random.choices(_BASE58, k=44))
        return f"0x{self._random.getrandbits(160):040x}"


def _first(coin: Coin) -> list[Naming]:
    return list(coin.names.values())[:1]
