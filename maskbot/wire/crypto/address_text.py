"""Ethereum addresses as text: `0x` and 40 hexadecimal digits, whose case is a checksum (EIP-55).

Text from people and posts may be all lower or all upper case (no checksum); mixed case has to be right.
"""

from __future__ import annotations

import re

from maskbot.domain.errors import Malformed
from maskbot.domain.money import Address
from maskbot.wire.crypto.digests import keccak256

_TEXT = re.compile(r"0[xX][0-9a-fA-F]{40}", re.ASCII)


class InvalidAddress(Malformed):
    """Text that is no Ethereum address, or whose EIP-55 checksum is wrong (a mistyped digit)."""

    kind = "InvalidAddress"


def address_text(address: Address) -> str:
    """The address (20 bytes) in EIP-55 form.

    >>> address_text(Address(bytes(19) + b"\\xaa"))
    '0x00000000000000000000000000000000000000AA'
    """
    if len(address) != 20:
        raise ValueError(f"an address is 20 bytes, got {len(address)}")
    digits = address.hex()
    mask = keccak256(digits.encode("ascii")).hex()
    return "0x" + "".join(digit.upper() if mask[at] >= "8" else digit for at, digit in enumerate(digits))


def parse_address(text: str) -> Address:
    """The address that a text names.

    Raises:
        InvalidAddress: not `0x` and 40 hexadecimal digits, or mixed case with a wrong checksum.
    """
    if _TEXT.fullmatch(text) is None:
        raise InvalidAddress("an address is 0x and 40 hexadecimal digits")
    digits = text[2:]
    address = Address(bytes.fromhex(digits))
    is_mixed = digits not in (digits.lower(), digits.upper())
    if is_mixed and address_text(address)[2:] != digits:
        raise InvalidAddress("the address has a wrong checksum; a digit is mistyped")
    return address
