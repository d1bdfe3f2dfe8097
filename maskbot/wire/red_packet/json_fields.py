"""Reading one JSON object of a stranger, field by field, with bounds and with the field's name in every complaint."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeGuard

from maskbot.domain.money import Address
from maskbot.wire.crypto import InvalidAddress, parse_address
from maskbot.wire.red_packet.errors import InvalidPacketPost

_DECIMAL = re.compile(r"[0-9]{1,78}", re.ASCII)
_HEX = re.compile(r"0x[0-9a-fA-F]*", re.ASCII)


class Fields:
    """An object and where it stands. Every method raises InvalidPacketPost; null counts as absent."""

    def __init__(self, value: object, *, where: str) -> None:
        if not _is_object(value):
            raise InvalidPacketPost(f"{where}: expected an object")
        self._value = value

    def required(self, name: str) -> object:
        """The value of a field that has to be there."""
        found = self.optional(name)
        if found is None:
            raise InvalidPacketPost(f"{name}: missing")
        return found

    def optional(self, name: str) -> object | None:
        """The value of a field, None without one."""
        return self._value.get(name)

    def text(self, name: str, *, longest: int) -> str:
        """A text; it may be empty."""
        found = self.required(name)
        if not isinstance(found, str) or len(found) > longest:
            raise InvalidPacketPost(f"{name}: expected a text of at most {longest} characters")
        return found

    def optional_text(self, name: str, *, longest: int) -> str | None:
        """A text that may be missing."""
        return None if self.optional(name) is None else self.text(name, longest=longest)

    def whole(self, name: str, *, most: int, least: int = 0) -> int:
        """A whole number, also one written as 5.0."""
        found = self.required(name)
        if isinstance(found, float) and found.is_integer() and abs(found) <= 2**53:
            found = int(found)
        if not isinstance(found, int) or isinstance(found, bool) or not least <= found <= most:
            raise InvalidPacketPost(f"{name}: expected a whole number from {least} to {most}")
        return found

    def optional_whole(self, name: str, *, most: int, least: int = 0) -> int | None:
        """A whole number that may be missing."""
        return None if self.optional(name) is None else self.whole(name, most=most, least=least)

    def claim(self, name: str) -> bool:
        """True or false."""
        found = self.required(name)
        if not isinstance(found, bool):
            raise InvalidPacketPost(f"{name}: expected true or false")
        return found

    def decimal(self, name: str) -> int:
        """A whole number of at most 256 bits, written as a decimal text."""
        found = self.required(name)
        if not isinstance(found, str) or _DECIMAL.fullmatch(found) is None or int(found) >= 2**256:
            raise InvalidPacketPost(f"{name}: expected a decimal text of base units")
        return int(found)

    def address(self, name: str) -> Address:
        """An Ethereum address."""
        try:
            return parse_address(self.text(name, longest=64))
        except InvalidAddress as error:
            raise InvalidPacketPost(f"{name}: {error}") from error

    def hex_bytes(self, name: str, *, size: int) -> bytes:
        """So many bytes as 0x and hexadecimal digits."""
        found = self.text(name, longest=2 + 2 * size)
        if _HEX.fullmatch(found) is None or len(found) != 2 + 2 * size:
            raise InvalidPacketPost(f"{name}: expected 0x and {2 * size} hexadecimal digits")
        return bytes.fromhex(found[2:])

    def optional_hex(self, name: str, *, size: int) -> bytes | None:
        """Bytes that may be missing or empty."""
        return None if self.optional(name) in (None, "") else self.hex_bytes(name, size=size)


def _is_object(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)
