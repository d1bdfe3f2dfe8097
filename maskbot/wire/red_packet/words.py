"""ABI data read word by word, for events: many times faster than a general decoder, which counts when blocks are caught up.

Source: Solidity ABI specification. Static values stand in their word, texts and lists at an offset, all within the data.
"""

from __future__ import annotations

from struct import Struct

from maskbot.domain.money import Address
from maskbot.wire.red_packet.errors import InvalidAbi

WORD = 32
LARGEST_BYTES = 128 * 1024
_ADDRESS_PADDING = bytes(12)
_HEADS = tuple(Struct(f"{WORD}s" * count) for count in range(16))


class Words:
    """The data of one event, at most 128 KiB. Every method raises InvalidAbi."""

    __slots__ = ("_data", "_heads")

    def __init__(self, data: bytes, *, count: int) -> None:
        if not count * WORD <= len(data) <= LARGEST_BYTES:
            raise InvalidAbi(f"expected {count} words of data, got {len(data)} bytes")
        self._data = data
        self._heads = _HEADS[count]

    def heads(self) -> tuple[bytes, ...]:
        """The words that have to be there, cut apart at once."""
        return self._heads.unpack_from(self._data)

    def raw(self, at: int) -> bytes:
        """The 32 bytes of a word."""
        return self._data[at * WORD : at * WORD + WORD]

    def number(self, at: int) -> int:
        """A word as a number."""
        return int.from_bytes(self._data[at * WORD : at * WORD + WORD], "big")

    def claim(self, at: int) -> bool:
        """A word that is 0 or 1."""
        number = self.number(at)
        if number > 1:
            raise InvalidAbi("expected true or false")
        return number == 1

    def address(self, at: int) -> Address:
        """The address in a word."""
        return address_in(self._data[at * WORD : at * WORD + WORD])

    def text(self, at: int) -> str:
        """The text whose offset is in a word; what is no UTF-8 is replaced, as a stranger's text must not hide the rest."""
        start, size = self._place(at, unit=1)
        return self._data[start : start + size].decode("utf-8", "replace")

    def numbers(self, at: int) -> tuple[int, ...]:
        """The list of numbers whose offset is in a word."""
        start, size = self._place(at, unit=WORD)
        places = range(start, start + size * WORD, WORD)
        return tuple(int.from_bytes(self._data[place : place + WORD], "big") for place in places)

    def _place(self, at: int, *, unit: int) -> tuple[int, int]:
        """Where a dynamic value begins, and how many units of so many bytes it has."""
        offset = self.number(at)
        if offset + WORD > len(self._data):
            raise InvalidAbi("an offset beyond the data")
        size = int.from_bytes(self._data[offset : offset + WORD], "big")
        if offset + WORD + size * unit > len(self._data):
            raise InvalidAbi("a length beyond the data")
        return offset + WORD, size


def address_in(word: bytes) -> Address:
    """The address in a word of 32 bytes. Raises InvalidAbi."""
    if len(word) != WORD or word[:12] != _ADDRESS_PADDING:
        raise InvalidAbi("expected an address")
    return Address(word[12:])
