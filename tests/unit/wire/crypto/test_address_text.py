"""EIP-55: the published examples, round trips, and mistyped digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.money import Address
from maskbot.wire.crypto import InvalidAddress, address_text, parse_address

EXAMPLES = (
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
)


@pytest.mark.parametrize("text", EXAMPLES)
def test_published_examples_are_their_own_form(text: str) -> None:
    assert address_text(parse_address(text)) == text
    assert parse_address(text.lower()) == parse_address(text.upper()) == parse_address(text)


@given(st.binary(min_size=20, max_size=20))
def test_every_address_is_read_back(address: bytes) -> None:
    assert parse_address(address_text(Address(address))) == address


def test_a_wrong_case_is_malformed() -> None:
    with pytest.raises(InvalidAddress, match="checksum"):
        parse_address(EXAMPLES[0][:-1] + "D")


@pytest.mark.parametrize("text", ["", "0x", EXAMPLES[0][2:], EXAMPLES[0] + "0", EXAMPLES[0] + "\n", "0x" + "g" * 40])
def test_other_text_is_malformed(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse_address(text)
