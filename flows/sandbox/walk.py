"""How prices move: a random walk written as a formula, so that any moment costs the same as now.

A random walk's spectrum falls with the square of the frequency, so a sum of waves with random phases, each as
high as the square root of its period, looks like one and can be evaluated anywhere. All coins share the periods
and differ in phase: the waves are worked out once per moment, and a coin's price is one dot product away.

    log price(coin, t) = level(coin) + loadings(coin) . waves(t)

Half of every walk is the market's own, which is why coins rise and fall together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from operator import mul
from struct import unpack

ANCHOR = 1_767_225_600.0
"""2026-01-01T00:00:00Z: at this moment every coin has the price it was listed with."""

_OCTAVES = 10
_PERIODS = tuple(3600.0 * 2.7**octave for octave in range(_OCTAVES))
_SHARE_OF_MARKET = 0.5

CALMEST = 2.0e-5
WILDEST = 6.5e-5
"""Volatility: the height of the one-second wave. At the wildest a price moves at most 0.21 % in two minutes."""
PEGGED = {"usd": 4e-7, "eur": 5e-6, "xau": 1.2e-5}
"""What a coin can be pegged to, and how far it strays from it."""


def traits(seed: int, *parts: str, count: int = 2) -> list[float]:
    """Up to 32 numbers in [0, 1) that belong to a name, the same for ever."""
    digest = blake2b(f"{seed}/{'/'.join(parts)}".encode(), digest_size=2 * count).digest()
    return [number / 65536 for number in unpack(f">{count}H", digest)]


@lru_cache(maxsize=4096)
def waves(at: float) -> tuple[float, ...]:
    """Every period's sine and cosine at a moment, as high as the period's square root."""
    values: list[float] = []
    for period in _PERIODS:
        angle = math.tau * (at % period) / period
        values += (math.sqrt(period) * math.sin(angle), math.sqrt(period) * math.cos(angle))
    return tuple(values)


def _phases(seed: int, name: str) -> tuple[float, ...]:
    turns = traits(seed, "walk", name, count=_OCTAVES)
    return tuple(part(math.tau * turn) for turn in turns for part in (math.cos, math.sin))


def volatility(seed: int, name: str) -> float:
    """How wild a walk is: the pegs are calm, everything else is drawn between the calmest and the wildest."""
    if name in PEGGED:
        return PEGGED[name]
    return CALMEST + (WILDEST - CALMEST) * traits(seed, "volatility", name)[0]


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk: log price as `level` plus a dot product. `level` is chosen so that `start` is the price at ANCHOR."""

    level: float
    loadings: tuple[float, ...]
    highest: float
    """A bound the price can never pass, with 1 % to spare."""

    @property
    def lowest(self) -> float:
        """The bound on the other side."""
        return math.exp(2 * self.level) / self.highest

    def price(self, at: float) -> float:
        """Evaluate the price at a UNIX time."""
        return self.price_in(waves(at))

    def price_in(self, now: tuple[float, ...]) -> float:
        """Evaluate the price where the waves of the moment are at hand."""
        return math.exp(self.level + sum(map(mul, self.loadings, now)))


@lru_cache(maxsize=8)
def _market_phases(seed: int) -> tuple[float, ...]:
    return _phases(seed, "the market")


def make_walk(seed: int, name: str, start: float) -> Walk:
    """Lay the walk that belongs to a name through `start` at ANCHOR. Equal names walk alike."""
    wildness = volatility(seed, name)
    share = 0.0 if name in PEGGED else _SHARE_OF_MARKET
    loadings = tuple(
        wildness * (share * common + (1 - share) * own)
        for common, own in zip(_market_phases(seed), _phases(seed, name), strict=True)
    )
    level = math.log(start) - sum(map(mul, loadings, waves(ANCHOR)))
    reach = wildness * sum(math.sqrt(period) for period in _PERIODS)
    return Walk(level, loadings, 1.01 * math.exp(level + reach))
