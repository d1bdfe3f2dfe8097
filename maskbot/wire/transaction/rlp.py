"""RLP for transactions: byte strings, lists of them, and empty lists. No recursion; only the one canonical form is read."""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.wire.transaction.errors import InvalidTransaction

_STRING, _LIST = 0x80, 0xC0
_SHORT = 55


def encode_string(item: bytes) -> bytes:
    """One byte string."""
    return item if len(item) == 1 and item[0] < _STRING else _head(len(item), _STRING) + item


def encode_list(items: Sequence[bytes]) -> bytes:
    """A list of items that are encoded already."""
    body = b"".join(items)
    return _head(len(body), _LIST) + body


def encode_int(number: int) -> bytes:
    """A whole number without leading zeros, as a byte string."""
    return encode_string(number.to_bytes((number.bit_length() + 7) // 8, "big"))


EMPTY_LIST = b"\xc0"


def decode_items(data: bytes, *, empty_list_at: int | None = None) -> list[bytes]:
    """The byte strings of a list; the item `empty_list_at` has to be an empty list, and comes as the empty string.

    Raises:
        InvalidTransaction: no list, cut, padded, not canonical, or a list where a byte string belongs.
    """
    is_list, body, rest = _split(data)
    if not is_list or rest:
        raise InvalidTransaction("expected one list")
    items: list[bytes] = []
    while body:
        is_list, item, body = _split(body)
        if is_list != (len(items) == empty_list_at) or (is_list and item):
            raise InvalidTransaction("an access list is empty here, and every other item is a byte string")
        items.append(item)
    return items


def decode_int(item: bytes) -> int:
    """The number of an item. Raises InvalidTransaction for leading zeros or more than 256 bits."""
    if len(item) > 32 or item[:1] == b"\0":
        raise InvalidTransaction("expected a number of at most 256 bits without leading zeros")
    return int.from_bytes(item, "big")


def _head(length: int, offset: int) -> bytes:
    if length <= _SHORT:
        return bytes([offset + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + _SHORT + len(size)]) + size


def _split(data: bytes) -> tuple[bool, bytes, bytes]:
    """Whether the first item is a list, its body, and what follows."""
    if not data:
        raise InvalidTransaction("the bytes end within an item")
    first = data[0]
    if first < _STRING:
        return False, data[:1], data[1:]
    offset = _LIST if first >= _LIST else _STRING
    length, start = first - offset, 1
    if length > _SHORT:
        start = 1 + length - _SHORT
        size = data[1:start]
        length = int.from_bytes(size, "big")
        if len(size) != start - 1 or size[:1] == b"\0" or length <= _SHORT:
            raise InvalidTransaction("a length is not in its shortest form")
    body = data[start : start + length]
    if len(body) != length or (offset == _STRING and length == 1 and body[0] < _STRING):
        raise InvalidTransaction("an item is cut or not in its shortest form")
    return offset == _LIST, body, data[start + length :]
