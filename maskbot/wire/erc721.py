"""ERC-721 call data and answers (EIP-721), as words of 32 bytes. Pure."""

from __future__ import annotations

from maskbot.domain.money import Address
from maskbot.wire.crypto import keccak256
from maskbot.wire.erc20 import decode_number

_WORD = 32


def encode_approval_for_all(operator: Address, *, is_allowed: bool) -> bytes:
    """`setApprovalForAll(address,bool)`: whether an operator may move every token of the caller."""
    return _selector("setApprovalForAll(address,bool)") + _word(operator) + int(is_allowed).to_bytes(_WORD, "big")


def encode_is_approved(*, owner: Address, operator: Address) -> bytes:
    """`isApprovedForAll(address,address)`."""
    return _selector("isApprovedForAll(address,address)") + _word(owner) + _word(operator)


def decode_claim(answer: bytes) -> bool:
    """A true or false. Raises InvalidTokenAnswer for anything but one word."""
    return decode_number(answer) == 1


def _selector(signature: str) -> bytes:
    return keccak256(signature.encode("ascii"))[:4]


def _word(address: Address) -> bytes:
    return address.rjust(_WORD, b"\0")
