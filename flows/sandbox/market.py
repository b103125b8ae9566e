"""The market itself: which coins there are and what they cost at any moment. The providers only look at it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from flows.sandbox.coins import Coin, read_coins
from flows.sandbox.currencies import CURRENCIES
from flows.sandbox.tail import Tail
from flows.sandbox.walk import Walk, make_walk, traits, waves

DAY = 86_400.0


class Market:
    """`size` coins, the real ones first, whose every figure is a function of (seed, coin, time)."""

    def __init__(self, seed: int, size: int) -> None:
        self.seed = seed
        self.coins = tuple(islice(_coins(seed), size))
        self._walks = {
            coin.key: make_walk(seed, coin.moves_with, coin.price_usd)
            for coin in self.coins
            if coin.price_usd
        }
        ranked = [coin for coin in self.coins if coin.is_ranked and coin.is_active]
        self._stopped = [coin for coin in ranked if coin.stopped_at is not None]
        self._going = [
            (coin, self._walks[coin.key], coin.circulating_supply)
            for coin in ranked
            if coin.stopped_at is None and coin.circulating_supply and coin.key in self._walks
        ]
        self._caps: tuple[float, dict[str, float]] = (-1.0, {})
        self._turnover = {coin.key: _turnover(seed, coin) for coin in self.coins}

    def walk(self, coin: Coin) -> Walk | None:
        """How the coin's price moves; None where it has none."""
        return self._walks.get(coin.key)

    def price(self, coin: Coin, at: float) -> float | None:
        """Dollars at a UNIX time; None where the coin has no price or was not listed yet."""
        walk = self._walks.get(coin.key)
        if walk is None or at < coin.listed_at:
            return None
        return walk.price(at if coin.stopped_at is None else min(at, coin.stopped_at))

    def market_cap(self, coin: Coin, at: float) -> float | None:
        """Dollars; None for a coin that is not ranked."""
        price = self.price(coin, at)
        if price is None or coin.circulating_supply is None or not coin.is_ranked:
            return None
        return price * coin.circulating_supply

    def market_caps(self, at: float) -> dict[str, float]:
        """Work out every ranked coin's market cap at once, by key; the last moment asked for is kept."""
        if self._caps[0] != at:
            now = waves(at)
            caps = {
                coin.key: walk.price_in(now) * supply
                for coin, walk, supply in self._going
                if coin.listed_at <= at
            }
            rest = {coin.key: self.market_cap(coin, at) for coin in self._stopped}
            self._caps = (at, caps | {key: cap for key, cap in rest.items() if cap is not None})
        return self._caps[1]

    def volume(self, coin: Coin, at: float) -> float | None:
        """Dollars traded in the day before, over all exchanges."""
        walk, price = self._walks.get(coin.key), self.price(coin, at)
        if walk is None or price is None:
            return None
        if coin.stopped_at is not None and at > coin.stopped_at + DAY:
            return 0.0
        return self._turnover[coin.key] * price * (1 + abs(walk.price(at) / walk.price(at - DAY) - 1) * 8)

    def usd_per_unit(self, code: str, at: float) -> float:
        """Dollars for one unit of a currency (`eur`, `btc`)."""
        currency = CURRENCIES[code]
        if currency.coin is None:
            return currency.usd
        leader = self._walks.get(currency.coin)
        return currency.usd * (leader.price(at) if leader else 1.0)


def _coins(seed: int) -> Iterator[Coin]:
    head = read_coins()
    yield from head
    tail = Tail(seed, head)
    while True:
        yield tail.next()


def _turnover(seed: int, coin: Coin) -> float:
    """Units of the coin that change hands in a quiet day."""
    share = 10 ** (-3 + 2.4 * traits(seed, "turnover", coin.key)[0])
    return share * (coin.circulating_supply or (coin.total_supply or 1e6) * 0.01)
