"""The chains tokens live on, and how each provider calls them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain under its names at the three providers; None where a provider does not list it."""

    id: str
    """CoinGecko's platform id, also the prefix of addresses in coins.csv."""
    name: str
    shortname: str
    evm_id: int | None
    native_coin_id: str
    coinpaprika_id: str | None
    coincap_key: str | None
    token_type: str
    """CoinPaprika's word for a token of this chain."""


CHAINS = (
    Chain("ethereum", "Ethereum", "", 1, "ethereum", "eth-ethereum", "1", "ERC20"),
    Chain(
        "binance-smart-chain", "BNB Smart Chain", "BSC", 56, "binancecoin", "bnb-binance-coin", "56", "Other"
    ),
    Chain(
        "polygon-pos", "Polygon POS", "MATIC", 137, "polygon-ecosystem-token", "matic-polygon", "137", "Other"
    ),
    Chain("optimistic-ethereum", "Optimism", "Optimism", 10, "ethereum", "op-optimism", "10", "Other"),
    Chain("arbitrum-one", "Arbitrum One", "Arbitrum", 42161, "ethereum", "arb-arbitrum", "42161", "Other"),
    Chain("base", "Base", "base", 8453, "ethereum", "base-base", "8453", "Other"),
    Chain("avalanche", "Avalanche", "AVAX", 43114, "avalanche-2", "avax-avalanche", "43114", "Other"),
    Chain("xdai", "Gnosis Chain", "", 100, "xdai", None, "100", "Other"),
    Chain("fantom", "Fantom", "", 250, "fantom", "ftm-fantom", None, "Other"),
    Chain("solana", "Solana", "", None, "solana", "sol-solana", "101", "Other"),
    Chain("tron", "TRON", "", None, "tron", "trx-tron", None, "TRC20"),
)

CHAIN_BY_ID = {chain.id: chain for chain in CHAINS}
CHAIN_BY_COINPAPRIKA_ID = {chain.coinpaprika_id: chain for chain in CHAINS if chain.coinpaprika_id}
