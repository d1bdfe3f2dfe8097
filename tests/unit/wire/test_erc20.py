"""ERC-20 calls, and answers of tokens as they are in the wild."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode as encode_values
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.money import Address
from maskbot.wire.erc20 import (
    InvalidTokenAnswer,
    decode_number,
    decode_symbol,
    encode_allowance,
    encode_approve,
    encode_balance_of,
    encode_decimals,
    encode_symbol,
    encode_transfer,
)

TO = Address(b"\x07" * 20)


def test_calls_have_the_published_selectors() -> None:
    selectors = [
        (encode_transfer(to=TO, amount=5), "a9059cbb"),
        (encode_approve(spender=TO, amount=5), "095ea7b3"),
        (encode_balance_of(TO), "70a08231"),
        (encode_allowance(owner=TO, spender=TO), "dd62ed3e"),
        (encode_symbol(), "95d89b41"),
        (encode_decimals(), "313ce567"),
    ]
    for data, selector in selectors:
        assert data[:4].hex() == selector


@given(st.integers(0, 2**256 - 1))
def test_values_are_words_of_the_abi(amount: int) -> None:
    assert encode_transfer(to=TO, amount=amount)[4:] == encode_values(["address", "uint256"], [TO, amount])
    assert decode_number(encode_values(["uint256"], [amount])) == amount


def test_symbols_of_both_forms_are_read() -> None:
    assert decode_symbol(encode_values(["string"], ["USDC"])) == "USDC"
    assert decode_symbol(b"MKR".ljust(32, b"\0")) == "MKR"
    assert decode_symbol(encode_values(["string"], ["A\x1b[31m\u202eB" + "x" * 500])) == "A[31mB" + "x" * 58


@given(st.binary(max_size=200))
def test_any_answer_is_read_or_malformed(answer: bytes) -> None:
    try:
        assert decode_symbol(answer).isprintable()
    except InvalidTokenAnswer:
        return


def test_no_number_is_malformed() -> None:
    for answer in (b"", bytes(31), bytes(64)):
        with pytest.raises(InvalidTokenAnswer):
            decode_number(answer)
