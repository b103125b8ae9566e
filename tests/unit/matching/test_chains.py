"""The reviewed chain table, and the one spelling of token addresses."""

import pytest

from flows.chains import (
    CHAINS,
    SOLANA,
    TRON,
    MalformedAddress,
    caip19,
    chain_id,
    chain_of,
    comparison_key,
    evm_chain,
)

USDT = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
USDT_SOLANA = "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"


@pytest.mark.parametrize(
    ("source", "platform", "chain"),
    [
        ("coingecko", "ethereum", "eip155:1"),
        ("coinpaprika", "eth-ethereum", "eip155:1"),
        ("coincap", "1", "eip155:1"),
        ("coingecko", "polygon-pos", "eip155:137"),
        ("coinpaprika", "matic-polygon", "eip155:137"),
        ("coincap", "101", SOLANA),
        ("coingecko", "solana", SOLANA),
        ("coinpaprika", "trx-tron", TRON),
        ("coingecko", "a-chain-of-tomorrow", None),
        ("nobody", "ethereum", None),
    ],
)
def test_each_source_names_chains_its_own_way(source: str, platform: str, chain: str | None) -> None:
    assert chain_id(source, platform) == chain


def test_chain_numbers_become_caip2() -> None:
    assert evm_chain(137.0) == "eip155:137"


def test_no_chain_is_listed_under_two_names_by_coingecko() -> None:
    chains = list(CHAINS["coingecko"].values())
    assert len(chains) == len(set(chains))


def test_evm_addresses_are_lower_cased_and_stripped() -> None:
    assert caip19("eip155:1", f"\n{USDT} ") == f"eip155:1/erc20:{USDT.lower()}"


def test_xdc_prefix_is_the_same_address() -> None:
    assert caip19("eip155:50", "xdc" + "1a" * 20) == caip19("eip155:50", "0x" + "1a" * 20)


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("eip155:56", "0x" + "e" * 40),
        ("eip155:1", "0x" + "0" * 40),
        ("eip155:137", "0x0000000000000000000000000000000000001010"),
        (SOLANA, "So11111111111111111111111111111111111111112"),
        (SOLANA, "1" * 32),
        (TRON, "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"),
        ("eip155:1", ""),
        ("eip155:1", None),
    ],
)
def test_native_sentinels_and_blanks_are_no_contract(chain: str, address: str | None) -> None:
    assert caip19(chain, address) is None


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        ("eip155:1", "0x123"),
        ("eip155:1", USDT + "/token-transfers"),
        ("eip155:56", "BTCB-1DE"),
        ("eip155:1", "0x" + "g" * 40),
        (SOLANA, USDT),
        (TRON, "1002000"),
        ("eip155:1", "x" * 10_000),
    ],
)
def test_a_malformed_address_says_what_and_where(chain: str, address: str) -> None:
    with pytest.raises(MalformedAddress, match=chain) as caught:
        caip19(chain, address)
    assert len(str(caught.value)) < 200


def test_an_unknown_chain_is_told_apart_from_a_bad_address() -> None:
    with pytest.raises(LookupError, match="near:mainnet"):
        caip19("near:mainnet", "token.near")


def test_a_lower_cased_solana_address_meets_the_proper_one() -> None:
    proper, folded = caip19(SOLANA, USDT_SOLANA), caip19(SOLANA, USDT_SOLANA.lower())
    assert proper is not None
    assert folded is not None
    assert proper != folded
    assert comparison_key(proper) == comparison_key(folded)
    assert chain_of(proper) == SOLANA
