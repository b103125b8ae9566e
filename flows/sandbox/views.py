"""One market, three observers: what each provider lists, how late it sees prices, and how far off it reads them."""

from __future__ import annotations

from dataclasses import dataclass

from flows.sandbox.coins import Coin, Naming
from flows.sandbox.market import Market
from flows.sandbox.walk import traits

_SPREAD = 0.0012
"""A provider's price strays from the market's by at most this fraction, always the same for the same coin."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A provider's table at one moment: its coins by market cap, and their ranks. Unranked coins come last."""

    at: float
    coins: list[Coin]
    ranks: dict[str, int]


class View:
    """What one provider makes of the market. Never more than two minutes behind."""

    def __init__(self, market: Market, provider: str, *, refresh: float, jitter: int) -> None:
        self.market = market
        self.provider = provider
        self._refresh = refresh
        self.listed = [coin for coin in market.coins if provider in coin.names]
        self.coins = [coin for coin in self.listed if coin.is_active]
        self._by_id = {coin.names[provider].id: coin for coin in self.listed}
        self._traits = {coin.key: self._bias_and_delay(coin, jitter) for coin in self.listed}
        self._standing: Standing | None = None

    def _bias_and_delay(self, coin: Coin, jitter: int) -> tuple[float, float]:
        bias, delay = traits(self.market.seed, self.provider, coin.key)
        # Whole tens of seconds: few different moments mean few waves to work out.
        return 1 + _SPREAD * (2 * bias - 1), 10.0 * int(delay * (jitter + 1))

    def naming(self, coin: Coin) -> Naming:
        """Tell how the provider calls a coin."""
        return coin.names[self.provider]

    def find(self, source_id: str) -> Coin | None:
        """Find the coin behind one of the provider's ids."""
        return self._by_id.get(source_id)

    def as_of(self, coin: Coin, now: float) -> float:
        """When the provider last saw the coin: before `now`, and long before for one that stopped trading."""
        seen = now // self._refresh * self._refresh - self._traits[coin.key][1]
        return seen if coin.stopped_at is None else min(seen, coin.stopped_at)

    def price(self, coin: Coin, at: float) -> float | None:
        """Dollars as the provider reads them at a moment."""
        price = self.market.price(coin, at)
        return None if price is None else price * self._traits[coin.key][0]

    def market_cap(self, coin: Coin, at: float) -> float | None:
        """Multiply the provider's price with the supply; None for a coin that is not ranked."""
        price = self.price(coin, at)
        if price is None or coin.circulating_supply is None or not coin.is_ranked:
            return None
        return price * coin.circulating_supply

    def change_percent(self, coin: Coin, at: float, seconds: float) -> float | None:
        """Percent the price moved in the `seconds` before `at`; None where there was no price then."""
        now, before = self.market.price(coin, at), self.market.price(coin, at - seconds)
        return None if now is None or before is None else (now / before - 1) * 100

    def standing(self, now: float) -> Standing:
        """Draw up the table as of the provider's last refresh, once per refresh."""
        at = now // self._refresh * self._refresh
        if self._standing is None or self._standing.at != at:
            self._standing = self._rank(at)
        return self._standing

    def _rank(self, at: float) -> Standing:
        caps = self.market.market_caps(at)
        ranked = [coin for coin in self.coins if coin.key in caps]
        ranked.sort(key=lambda coin: caps[coin.key], reverse=True)
        ranks = {coin.key: rank for rank, coin in enumerate(ranked, 1)}
        return Standing(at, ranked + [coin for coin in self.coins if coin.key not in caps], ranks)
