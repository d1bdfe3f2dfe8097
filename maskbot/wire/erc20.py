"""ERC-20 call data and answers (EIP-20), as words of 32 bytes. Pure; decimals that steer money come from our own table.

Tokens in the wild return nothing, or a `bytes32` where a text belongs, so answers are read forgivingly and bounded.
"""

from __future__ import annotations

from maskbot.domain.errors import Malformed
from maskbot.domain.money import Address
from maskbot.wire.crypto import keccak256

_WORD = 32
_LONGEST_TEXT = 64


class InvalidTokenAnswer(Malformed):
    """A token contract's answer is no number or text."""

    kind = "InvalidTokenAnswer"


def encode_transfer(*, to: Address, amount: int) -> bytes:
    """`transfer(address,uint256)`."""
    return _call("transfer(address,uint256)", _address(to), _number(amount))


def encode_approve(*, spender: Address, amount: int) -> bytes:
    """`approve(address,uint256)`. Some tokens want 0 first where an allowance is left."""
    return _call("approve(address,uint256)", _address(spender), _number(amount))


def encode_balance_of(owner: Address) -> bytes:
    """`balanceOf(address)`."""
    return _call("balanceOf(address)", _address(owner))


def encode_allowance(*, owner: Address, spender: Address) -> bytes:
    """`allowance(address,address)`."""
    return _call("allowance(address,address)", _address(owner), _address(spender))


def encode_symbol() -> bytes:
    """`symbol()`."""
    return _call("symbol()")


def encode_decimals() -> bytes:
    """`decimals()`."""
    return _call("decimals()")


def decode_number(answer: bytes) -> int:
    """The number of an answer. Raises InvalidTokenAnswer for anything but one word."""
    if len(answer) != _WORD:
        raise InvalidTokenAnswer(f"expected 32 bytes, got {len(answer)}")
    return int.from_bytes(answer, "big")


def decode_symbol(answer: bytes) -> str:
    """The text of an answer: a string, or the old form of 32 bytes filled with zeros; at most 64 printable characters.

    Raises:
        InvalidTokenAnswer: neither.
    """
    if len(answer) == _WORD:
        raw = answer.rstrip(b"\0")
    elif len(answer) >= 2 * _WORD and int.from_bytes(answer[:_WORD], "big") == _WORD:
        size = int.from_bytes(answer[_WORD : 2 * _WORD], "big")
        raw = answer[2 * _WORD : 2 * _WORD + min(size, 4 * _LONGEST_TEXT)]
    else:
        raise InvalidTokenAnswer("expected a text")
    text = "".join(letter for letter in raw.decode("utf-8", "replace") if letter.isprintable())[:_LONGEST_TEXT]
    if not text:
        raise InvalidTokenAnswer("expected a text, got an empty one")
    return text


def _call(signature: str, *words: bytes) -> bytes:
    return keccak256(signature.encode("ascii"))[:4] + b"".join(words)


def _address(address: Address) -> bytes:
    return address.rjust(_WORD, b"\0")


def _number(number: int) -> bytes:
    return number.to_bytes(_WORD, "big")
