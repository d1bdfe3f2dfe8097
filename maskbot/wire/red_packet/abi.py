"""The contract ABI, bounded: values <-> bytes, through eth-abi (Solidity ABI specification).

Text is decoded as bytes first: a creator may put bytes that are no UTF-8 into a message, and its packet must stay readable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode as decode_values
from eth_abi.abi import encode as encode_values
from eth_abi.exceptions import DecodingError, EncodingError

from maskbot.wire.crypto import keccak256
from maskbot.wire.red_packet.errors import InvalidAbi

LARGEST_BYTES = 128 * 1024
WORD = 32
_SELECTOR_BYTES = 4
_BACK = {"string": "bytes"}


def selector_of(signature: str) -> bytes:
    """The first 4 bytes of the hash of `name(type,...)`."""
    return keccak256(signature.encode("ascii"))[:_SELECTOR_BYTES]


def topic_of(signature: str) -> bytes:
    """The 32 bytes that an event's log begins with."""
    return keccak256(signature.encode("ascii"))


def types_of(signature: str) -> tuple[str, ...]:
    """The types in `name(type,...)`; no tuples."""
    inner = signature[signature.index("(") + 1 : -1]
    return tuple(inner.split(",")) if inner else ()


def encode_call(signature: str, values: Sequence[object]) -> bytes:
    """Call data: the selector and the values. Raises ValueError for values that do not fit their types."""
    try:
        return selector_of(signature) + encode_values(types_of(signature), values)
    except EncodingError as error:
        raise ValueError(f"the values do not fit {signature}") from error


def decode_call(signature: str, data: bytes) -> tuple[Any, ...]:
    """The values of call data. Raises InvalidAbi: another selector, or broken bytes."""
    if data[:_SELECTOR_BYTES] != selector_of(signature):
        raise InvalidAbi(f"these bytes do not call {signature.partition('(')[0]}")
    return decode(types_of(signature), data[_SELECTOR_BYTES:])


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """The values of ABI bytes; text as `str` with what is no UTF-8 replaced, addresses as 20 bytes, lists as tuples.

    Raises:
        InvalidAbi: too long, cut off, bad padding or offsets.
    """
    if len(data) > LARGEST_BYTES:
        raise InvalidAbi(f"expected at most {LARGEST_BYTES} bytes of ABI data, got {len(data)}")
    try:
        values = decode_values([_BACK.get(one, one) for one in types], data)
    except (DecodingError, OverflowError, ValueError) as error:
        raise InvalidAbi(f"expected ABI data of ({','.join(types)})") from error
    return tuple(_plain(value, kind) for value, kind in zip(values, types, strict=True))


def _plain(value: Any, kind: str) -> Any:
    if kind == "string":
        return value.decode("utf-8", "replace")
    if kind == "address":
        return bytes.fromhex(value[2:])
    return value
