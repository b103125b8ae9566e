"""Chains and token addresses in one spelling: CAIP-2 for chains, CAIP-19 for tokens.

Every provider names chains its own way; this reviewed table is the one place that knows them. Only chains whose
address form is known are here: a chain that is missing is no evidence, a wrong one would be false evidence.

    chain_id("coingecko", "polygon-pos")                 -> "eip155:137"
    caip19("eip155:1", "0xDAC17F958D2ee523a22…")         -> "eip155:1/erc20:0xdac17f958d2ee523a22…"
    caip19("eip155:56", "0xeeee…eeee")                   -> None: the chain's own coin, not a contract
    comparison_key("solana:5eykt…/token:Es9vMFrz…")      -> the same key as CoinCap's lower-cased spelling
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
TRON = "tron:0x2b6653dc"


class MalformedAddress(ValueError):  # noqa: N818 - the name says what it is
    """This text cannot be a token's address on this chain. The message names both."""


@dataclass(frozen=True, slots=True)
class AddressForm:
    """How a family of chains writes a token's address."""

    token_namespace: str
    pattern: re.Pattern[str]
    native: re.Pattern[str]
    """Addresses that stand for the chain's own coin, or for nothing."""
    canonical: Callable[[str], str]


FORMS: Mapping[str, AddressForm] = MappingProxyType(
    {
        # Providers write 0xeee…eee, 0x0 and the low addresses that chains reserve (Polygon's 0x…1010) for the coin.
        "eip155": AddressForm(
            "erc20",
            re.compile(r"(?:0[xX]|xdc)[0-9a-fA-F]{40}"),
            re.compile(r"0x(?:e{40}|f{40}|0{32}[0-9a-f]{8}|deaddeaddeaddeaddeaddeaddeaddeaddead[0-9a-f]{4})"),
            lambda text: text.lower().replace("xdc", "0x", 1),
        ),
        # Base58 is case-sensitive, but CoinCap lower-cases it: an `l` that base58 does not have is let through.
        "solana": AddressForm(
            "token",
            re.compile(r"[1-9A-HJ-NP-Za-z]{32,44}"),
            re.compile(
                r"1{32}|[sS]o1+2?"
            ),  # the system program; wrapped SOL, which providers list as SOL itself
            str,
        ),
        "tron": AddressForm(
            "trc20",
            re.compile(r"[Tt][1-9A-HJ-NP-Za-z]{33}"),
            re.compile(r"T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb", re.IGNORECASE),
            str,
        ),
    }
)
"""By CAIP-2 namespace."""

_EVM_BY_COINGECKO = {
    "ethereum": 1,
    "optimistic-ethereum": 10,
    "flare-network": 14,
    "songbird": 19,
    "elastos": 20,
    "kardiachain": 24,
    "cronos": 25,
    "rootstock": 30,
    "telos": 40,
    "xdc-network": 50,
    "binance-smart-chain": 56,
    "syscoin": 57,
    "ethereum-classic": 61,
    "okex-chain": 66,
    "meter": 82,
    "tomochain": 88,
    "bitkub-chain": 96,
    "xdai": 100,
    "velas": 106,
    "thundercore": 108,
    "fuse": 122,
    "huobi-token": 128,
    "polygon-pos": 137,
    "sonic": 146,
    "fantom": 250,
    "boba": 288,
    "kucoin-community-chain": 321,
    "zksync": 324,
    "theta": 361,
    "astar": 592,
    "wanchain": 888,
    "conflux": 1030,
    "metis-andromeda": 1088,
    "polygon-zkevm": 1101,
    "core": 1116,
    "moonbeam": 1284,
    "moonriver": 1285,
    "dogechain": 2000,
    "milkomeda-cardano": 2001,
    "ronin": 2020,
    "kava": 2222,
    "iotex": 4689,
    "mantle": 5000,
    "canto": 7700,
    "klay-token": 8217,
    "base": 8453,
    "evmos": 9001,
    "smartbch": 10000,
    "ethereumpow": 10001,
    "bitgert": 32520,
    "energi": 39797,
    "arbitrum-one": 42161,
    "arbitrum-nova": 42170,
    "celo": 42220,
    "oasis": 42262,
    "avalanche": 43114,
    "linea": 59144,
    "blast": 81457,
    "scroll": 534352,
    "aurora": 1313161554,
    "harmony-shard-0": 1666600000,
}

_COINPAPRIKA = {
    "eth-ethereum": "eip155:1",
    "op-optimism": "eip155:10",
    "bnb-binance-coin": "eip155:56",
    "matic-polygon": "eip155:137",
    "pol-polygon": "eip155:137",
    "pol-polygon-ecosystem-token": "eip155:137",
    "ftm-fantom": "eip155:250",
    "base-base": "eip155:8453",
    "arb-arbitrum": "eip155:42161",
    "avax-avalanche": "eip155:43114",
    "sol-solana": SOLANA,
    "trx-tron": TRON,
}

_COINCAP_OTHER = {"101": SOLANA}

CHAINS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "coingecko": MappingProxyType(
            {name: f"eip155:{number}" for name, number in _EVM_BY_COINGECKO.items()}
            | {"solana": SOLANA, "tron": TRON}
        ),
        "coinpaprika": MappingProxyType(_COINPAPRIKA),
        "coincap": MappingProxyType(
            {str(number): f"eip155:{number}" for number in _EVM_BY_COINGECKO.values()} | _COINCAP_OTHER
        ),
    }
)
"""CAIP-2 by source, then by the source's own name of the chain."""


def chain_id(source: str, platform: str) -> str | None:
    """Give the CAIP-2 id of what `source` calls `platform`; None when the reviewed table lacks it."""
    return CHAINS.get(source, {}).get(platform)


def evm_chain(chain_identifier: float) -> str:
    """Give the CAIP-2 id of an EVM chain's number, as CoinGecko's `/asset_platforms` gives it at run time."""
    return f"eip155:{int(chain_identifier)}"


def caip19(chain: str, address: str | None) -> str | None:
    """One spelling of a token's address; None where there is none, or it stands for the chain's own coin.

    EVM addresses are lower-cased; Solana's and Tron's stay as the source wrote them (see `comparison_key`).
    Raises `MalformedAddress` when the text cannot be an address on `chain`, `LookupError` for an unknown chain.
    """
    text = (address or "").strip()
    if not text:
        return None
    form = _form(chain)
    if not form.pattern.fullmatch(text):
        raise MalformedAddress(f"{text[:80]!r} is not a token address on {chain}")
    canonical = form.canonical(text)
    if form.native.fullmatch(canonical):
        return None
    return f"{chain}/{form.token_namespace}:{canonical}"


def comparison_key(address: str) -> str:
    """Give a key under which two spellings of one CAIP-19 address are equal; for comparing only, never shown.

    CoinCap lower-cases base58, which destroys the address, so those chains can only be met case-blind.
    """
    return address.lower()


def chain_of(address: str) -> str:
    """Give the CAIP-2 part of a CAIP-19 address."""
    return address.partition("/")[0]


def _form(chain: str) -> AddressForm:
    try:
        return FORMS[chain.partition(":")[0]]
    except KeyError:
        raise LookupError(
            f"no address form is known for chain {chain!r}; add it to flows/chains.py"
        ) from None
