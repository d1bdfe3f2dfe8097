"""Payload v37: a signature container around one MessagePack array (mask-payload.md, section 4).

The reference reader throws on a public key that is no point of the curve, even for public posts; here that is an error of
the field alone (15.5). A 64-byte signature makes a payload unreadable for everyone, because readers skip exactly 32
bytes; that is reproduced, as the bytes behind it are not known to be anything else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from maskbot.wire.crypto import InvalidKey, compress_any
from maskbot.wire.payload import msgpack_writer
from maskbot.wire.payload.errors import (
    INVALID_CRYPTO_KEY,
    INVALID_IV_LENGTH,
    INVALID_PAYLOAD,
    UNKNOWN_ENUM_MEMBER,
    UNSUPPORTED_ALGORITHM,
    PayloadMalformed,
)
from maskbot.wire.payload.identifiers import NETWORK_NUMBERS, author_of
from maskbot.wire.payload.model import (
    Curve,
    CurveKey,
    Encryption,
    EndToEndEncryption,
    FieldError,
    Payload,
    PublicEncryption,
    Signature,
)
from maskbot.wire.payload.msgpack_reader import MAX_BYTES
from maskbot.wire.payload.v37_items import read_items
from maskbot.wire.payload.values import is_number, number_text

VERSION = -37
_SIGNATURE_BYTES = 32
_LEADING_INTEGER = re.compile(r"\s*([+-]?[0-9]+)")
_USUAL_NAMES = {"1": 1, "2": 2}
_NOT_A_KEY = FieldError(INVALID_CRYPTO_KEY)
_INVALID = FieldError(INVALID_PAYLOAD)
_UNSUPPORTED = FieldError(UNSUPPORTED_ALGORITHM)


@dataclass(frozen=True, slots=True)
class PayloadV37(Payload):
    """The raw values of the author slots; `author` and `author_key` read them."""

    network: object
    user_id: object
    key_algorithm: object
    key: object

    @property
    def author(self) -> str | FieldError | None:
        return _read_author(self.network, self.user_id)

    @property
    def author_key(self) -> CurveKey | FieldError | None:
        if self.key is None or self.key == 0 or self.key == "":
            return None
        return _read_key(self.key_algorithm, self.key)


def parse_v37(container: bytes) -> PayloadV37:
    """The payload in a v37 container.

    Raises:
        PayloadMalformed: unknown container kind, no MessagePack array, another inner version, or longer than 64 KiB.
    """
    body, signature = _without_signature(container)
    items = read_items(body)
    return PayloadV37(VERSION, signature, _read_encryption(items[5]), _binary(items[6]), *items[1:5])


def write_v37(
    *,
    network: str | None,
    user_id: str | None,
    author_key: tuple[Curve, bytes] | None,
    encryption: bytes,
    ciphertext: bytes,
) -> bytes:
    """A v37 container of kind 0. `author_key` is a curve and the point in its wire form; `encryption` is packed already."""
    algorithm, point = author_key or (None, None)
    head = b"\x00\x97\x00" + msgpack_writer.pack(network) + msgpack_writer.pack(user_id)
    return (
        head
        + msgpack_writer.pack(algorithm)
        + msgpack_writer.pack(point)
        + encryption
        + msgpack_writer.binary(ciphertext)
    )


def _without_signature(container: bytes) -> tuple[bytes, Signature | None]:
    if not container or container[0] > 1 or len(container) > MAX_BYTES:
        raise PayloadMalformed("no v37 container of kind 0 or 1 of at most 64 KiB")
    if container[0] == 0:
        return container[1:], None
    body = container[1 + _SIGNATURE_BYTES :]
    return body, Signature(signature=container[1 : 1 + _SIGNATURE_BYTES], signee=body)


def _read_author(network: object, user_id: object) -> str | FieldError | None:
    if network is None or user_id is None or user_id == "":
        return None
    if not isinstance(user_id, str):
        return _INVALID
    if is_number(network):
        domain = NETWORK_NUMBERS.get(network)
        return author_of(domain, user_id) if domain else FieldError(UNKNOWN_ENUM_MEMBER)
    if not isinstance(network, str) or "/" in network:
        return _INVALID
    return author_of(network, user_id)


def _read_key(algorithm: object, key: object) -> CurveKey | FieldError:
    """A P-256 key is a field error, as for every client that exists (4.4)."""
    if not isinstance(key, bytes):
        return _NOT_A_KEY
    if not is_number(algorithm) or algorithm not in (1, 2):
        return _UNSUPPORTED
    if algorithm == 1:
        return _NOT_A_KEY
    try:
        return CurveKey(Curve.K256, compress_any(key))
    except InvalidKey:
        return _NOT_A_KEY


def _read_encryption(item: object) -> Encryption | FieldError:
    if type(item) is not list:
        return _INVALID
    kind, first, post_iv, keys = item if len(item) == 4 else (*item, None, None, None, None)[:4]
    if not is_number(kind) or kind not in (0, 1):
        return _INVALID
    if kind == 0:
        is_key = type(first) is bytes and len(first) in (16, 24, 32)
        return PublicEncryption(_read_iv(post_iv), first if is_key else _NOT_A_KEY)
    ephemeral_keys = _read_ephemeral_keys(keys)
    if ephemeral_keys is None:
        return _INVALID
    return EndToEndEncryption(_read_iv(post_iv), _binary(first), ephemeral_keys)


def _read_iv(item: object) -> bytes | FieldError:
    if type(item) is not bytes:
        return _INVALID
    return item if len(item) == 16 else FieldError(INVALID_IV_LENGTH)


def _read_ephemeral_keys(keys: object) -> dict[str, CurveKey | FieldError] | None:
    """By the name a reader understands: `2abc` is 2; a name without a leading integer stays as it is."""
    if keys is None:
        return {}
    if type(keys) is not dict:
        return None
    found: dict[str, CurveKey | FieldError] = {}
    for name, key in keys.items():
        if name in _USUAL_NAMES:
            found[name] = _read_key(_USUAL_NAMES[name], key)
            continue
        number = _LEADING_INTEGER.match(name)
        algorithm = int(number[1][:400]) if number else None
        found[name if algorithm is None else number_text(algorithm)] = _read_key(algorithm, key)
    return found


def _binary(item: object) -> bytes | FieldError:
    return item if type(item) is bytes else _INVALID
