"""The index of sources: one line for each."""

from __future__ import annotations

from pathlib import Path

from flows.sources import coincap, coingecko, coinpaprika
from flows.sources.contract import Source
from flows.sources.dropin import drop_ins

REGISTRY: dict[str, Source] = {
    coingecko.NAME: coingecko.SOURCE,
    coinpaprika.NAME: coinpaprika.SOURCE,
    coincap.NAME: coincap.SOURCE,
}


def sources_in(data_dir: Path) -> dict[str, Source]:
    """Return every source: the registered ones and the CSV files dropped into `data_dir`, in order of trust.

    Raises ValueError, naming the entry of `sources.toml`, where one cannot be used.
    """
    dropped = drop_ins(data_dir)
    if taken := sorted(REGISTRY.keys() & dropped.keys()):
        raise ValueError(
            f"{data_dir / 'sources.toml'}: [{taken[0]}] is taken by a provider; choose another name"
        )
    return REGISTRY | dropped
