"""Values of Ethereum JSON-RPC, read strictly: quantities, bytes, hashes, addresses (execution-apis, base types)."""

from __future__ import annotations

import re
from typing import Any

from maskbot.domain.money import Address
from maskbot.ports.chain import NodeAnswerMalformed

Json = Any  # what a node answers is any JSON value until it is read here
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
HASH_BYTES = 32


def quantity(value: Json, *, where: str, most: int = 2**256 - 1) -> int:
    """A number written as hex. Raises NodeAnswerMalformed."""
    if not isinstance(value, str) or _QUANTITY.fullmatch(value) is None:
        raise NodeAnswerMalformed(f"{where}: expected a quantity")
    number = int(value, 16)
    if number > most:
        raise NodeAnswerMalformed(f"{where}: expected at most {most}")
    return number


def small(value: Json, *, where: str) -> int:
    """A number that fits 63 bits: block numbers, times, gas, nonces. Raises NodeAnswerMalformed."""
    return quantity(value, where=where, most=2**63 - 1)


def data(value: Json, *, where: str, longest: int) -> bytes:
    """Bytes written as hex. Raises NodeAnswerMalformed."""
    try:
        if isinstance(value, str) and len(value) <= 2 + 2 * longest and value[:2] == "0x":
            found = bytes.fromhex(value[2:])
            if 2 * len(found) + 2 == len(value):  # fromhex passes over blanks
                return found
    except ValueError:
        pass
    raise NodeAnswerMalformed(f"{where}: expected at most {longest} bytes as hex")


def fixed(value: Json, *, where: str, size: int = HASH_BYTES) -> bytes:
    """So many bytes written as hex. Raises NodeAnswerMalformed."""
    found = data(value, where=where, longest=size)
    if len(found) != size:
        raise NodeAnswerMalformed(f"{where}: expected {size} bytes")
    return found


def address(value: Json, *, where: str) -> Address:
    """An address; its case is not looked at. Raises NodeAnswerMalformed."""
    return Address(fixed(value, where=where, size=20))


def row(value: Json, *, where: str) -> dict[str, Json]:
    """An object. Raises NodeAnswerMalformed."""
    if not isinstance(value, dict):
        raise NodeAnswerMalformed(f"{where}: expected an object")
    return value


def rows(value: Json, *, where: str, most: int) -> list[Json]:
    """A list of at most so many values. Raises NodeAnswerMalformed."""
    if not isinstance(value, list) or len(value) > most:
        raise NodeAnswerMalformed(f"{where}: expected a list of at most {most}")
    return value


def to_hex(value: bytes | int) -> str:
    """Bytes or a number as JSON-RPC writes them."""
    return "0x" + value.hex() if isinstance(value, bytes) else hex(value)
