"""Call data, answers and arithmetic of Uniswap and Chainlink, against known values and hostile answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.money import Address
from maskbot.wire import uniswap
from maskbot.wire.crypto.address_text import parse_address

WETH = parse_address("0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2")
UNI = parse_address("0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984")


def _word(value: int) -> bytes:
    return (value % 2**256).to_bytes(32, "big")


@pytest.mark.parametrize(
    ("data", "selector"),
    [
        (uniswap.get_pair_call(WETH, UNI), "e6a43905"),
        (uniswap.get_pool_call(WETH, UNI, fee=500), "1698ee82"),
        (uniswap.get_reserves_call(), "0902f1ac"),
        (uniswap.quote_call((WETH, UNI), (500,), amount_in=1), "cdca1753"),
        (uniswap.quote_single_call(WETH, UNI, fee=500, amount_in=1), "c6a5026a"),
        (uniswap.latest_round_call(), "feaf968c"),
        (uniswap.decimals_call(), "313ce567"),
    ],
)
def test_selectors_are_the_published_ones(data: bytes, selector: str) -> None:
    assert data[:4].hex() == selector
    assert (len(data) - 4) % 32 == 0


def test_a_path_is_tokens_and_fees_in_turn() -> None:
    assert uniswap.path_bytes((WETH, UNI), (3_000,)) == WETH + bytes.fromhex("000bb8") + UNI
    with pytest.raises(ValueError, match="one fee between"):
        uniswap.path_bytes((WETH, UNI), ())


def test_the_v2_amount_is_the_contracts_integer_arithmetic() -> None:
    assert uniswap.v2_amount_out(10**18, reserve_in=5 * 10**18, reserve_out=10 * 10**18) == 1_662_497_915_624_478_906
    assert uniswap.v2_amount_out(0, reserve_in=1, reserve_out=1) == 0
    assert uniswap.v2_amount_out(1, reserve_in=0, reserve_out=1) == 0


@given(st.integers(1, 2**112), st.integers(1, 2**112), st.integers(1, 2**112))
def test_a_v2_swap_never_lowers_the_product(amount: int, reserve_in: int, reserve_out: int) -> None:
    out = uniswap.v2_amount_out(amount, reserve_in=reserve_in, reserve_out=reserve_out)
    assert 0 <= out < reserve_out
    assert (reserve_in + amount) * (reserve_out - out) >= reserve_in * reserve_out


def test_impact_is_how_much_worse_the_large_swap_is() -> None:
    assert uniswap.price_impact_percent(amount_in=1000, amount_out=970, small_in=1, small_out=1) == 3
    assert uniswap.price_impact_percent(amount_in=1000, amount_out=1001, small_in=1, small_out=1) == 0
    assert uniswap.price_impact_percent(amount_in=1000, amount_out=5, small_in=1, small_out=0) == 100


def test_answers_are_read() -> None:
    assert uniswap.read_address(_word(0)) is None
    assert uniswap.read_address(bytes(12) + UNI) == UNI
    assert uniswap.read_reserves(_word(1) + _word(2) + _word(3)) == (1, 2)
    assert uniswap.read_round(_word(1) + _word(342_502_000_000) + _word(0) + _word(1_795_000_000) + _word(1)) == (
        uniswap.Round(342_502_000_000, 1_795_000_000)
    )
    assert uniswap.read_decimals(_word(8)) == 8


@pytest.mark.parametrize("answer", [0, -1, -(2**255), 2**192])
def test_a_feeds_answer_at_or_below_zero_is_malformed(answer: int) -> None:
    with pytest.raises(uniswap.MalformedAnswer):
        uniswap.read_round(_word(1) + _word(answer) + _word(0) + _word(1_795_000_000) + _word(1))


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_malformed(answer: bytes) -> None:
    for read in (
        uniswap.read_address,
        uniswap.read_reserves,
        uniswap.read_amount_out,
        uniswap.read_round,
        uniswap.read_decimals,
    ):
        try:
            read(answer)
        except uniswap.MalformedAnswer:
            continue


def test_a_trade_link_names_the_checksummed_address_on_our_host() -> None:
    assert uniswap.trade_link(UNI) == (
        "https://app.uniswap.org/swap?chain=mainnet&inputCurrency=ETH"
        "&outputCurrency=0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984"
    )
    assert uniswap.trade_link(None).endswith(
        "inputCurrency=0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48&outputCurrency=ETH"
    )
    with pytest.raises(ValueError, match="20 bytes"):
        uniswap.trade_link(Address(b"short"))
