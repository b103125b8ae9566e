"""The index of sources: one line for each, and the files dropped in beside them."""

from __future__ import annotations

from pathlib import Path

from flows.sources import coincap, coingecko, coinpaprika
from flows.sources.contract import Source
from flows.sources.dropin import INDEX, FileSource, drop_ins

REGISTRY: dict[str, Source] = {
    coingecko.NAME: coingecko.SOURCE,
    coinpaprika.NAME: coinpaprika.SOURCE,
    coincap.NAME: coincap.SOURCE,
}


def files_in(data_dir: Path) -> dict[str, FileSource]:
    """Return the CSV files dropped into `data_dir` that are sources.

    Raises ValueError, naming the entry of `sources.toml`, where one cannot be used.
    """
    dropped = drop_ins(data_dir)
    if taken := sorted(REGISTRY.keys() & dropped.keys()):
        raise ValueError(f"{data_dir / INDEX}: [{taken[0]}] is taken by a provider; choose another name")
    return dropped
