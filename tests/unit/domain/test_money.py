"""Amounts are exact, of one token, and never negative (domain/money.py)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.money import MOST_BASE_UNITS, NATIVE, Address, Amount, InvalidAmount, Token, parse_amount

ETH = Token(1, NATIVE, "ETH", 18)
USDC = Token(1, Address(b"\x01" * 20), "USDC", 6)

tokens = st.builds(Token, st.just(1), st.just(NATIVE), st.just("T"), st.integers(0, 77))


@given(tokens, st.integers(0, MOST_BASE_UNITS))
def test_an_amount_is_read_back_from_its_text(token: Token, base_units: int) -> None:
    amount = Amount(token, base_units)
    assert parse_amount(amount.decimal_text, token=token) == amount
    assert Fraction(amount.decimal_text) == Fraction(base_units, 10**token.decimals)


@given(st.text(max_size=40))
def test_any_text_is_an_amount_or_malformed(text: str) -> None:
    try:
        assert parse_amount(text, token=ETH).base_units >= 0
    except InvalidAmount:
        return


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1e18", "1,5", "1_0", " 1", ".5", "5.", "0x10", "１", "1" * 79, "0." + "1" * 19, "9" * 78]
)
def test_what_is_no_plain_decimal_is_malformed(text: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(text, token=ETH)


def test_amounts_of_two_tokens_do_not_mix() -> None:
    with pytest.raises(ValueError, match="two tokens"):
        Amount(ETH, 1) + Amount(USDC, 1)
    assert not Amount(ETH, 1) < Amount(Token(1, NATIVE, "other name", 18), 1)


def test_an_amount_is_never_negative_and_never_a_float() -> None:
    with pytest.raises(ValueError, match="between 0"):
        Amount(ETH, 1) - Amount(ETH, 2)
    with pytest.raises(TypeError):
        Amount(ETH, 1.0)  # type: ignore[arg-type]  # what a careless caller might do
    with pytest.raises(TypeError):
        Amount(ETH, True)
