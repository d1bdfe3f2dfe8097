"""Unsealing: from a payload and what the reader holds to the message (mask-payload.md, section 9).

A candidate that fails in any way makes room for the next; at the end stands `NotShareTarget`, which therefore also hides a
damaged message from recipients, as in the reference. What the bot says to outsiders is the same for every failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from maskbot.domain.errors import Malformed
from maskbot.wire.crypto import DecryptFailed, InvalidKey, aes_gcm_unseal, ecdh_x
from maskbot.wire.payload.errors import (
    AUTHOR_PUBLIC_KEY_NOT_FOUND,
    CANNOT_DECRYPT_AS_AUTHOR,
    DECRYPT_FAILED,
    NOT_SHARE_TARGET,
    PAYLOAD_BROKEN,
    UnsealFailed,
)
from maskbot.wire.payload.message import Message
from maskbot.wire.payload.message_binary import decode_binary
from maskbot.wire.payload.message_text import decode_text
from maskbot.wire.payload.model import Curve, CurveKey, EndToEndEncryption, FieldError, Payload, PublicEncryption
from maskbot.wire.payload.post_key_text import read_post_key_text
from maskbot.wire.payload.sealed_key import SealedKey, derive_v38

MAX_RECORDS = 5000
_V37 = -37


@dataclass(frozen=True, slots=True)
class Reader:
    """What a reader brings: secp256k1 private keys (32 bytes each), a local key (32), a post key kept from before.

    `author_key` answers the question for the author's public key where the payload does not show it (33 or 65 bytes).
    `owns_author` says whether the local key belongs to the author the payload names; None: yes if there is a local key.
    """

    private_keys: tuple[bytes, ...] = field(default=(), repr=False)
    local_key: bytes | None = field(default=None, repr=False)
    owns_author: bool | None = None
    author_key: bytes | None = None
    post_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Unsealed:
    """The message, and the post key if this reading found it and it is worth keeping (None for public posts)."""

    message: Message
    found_post_key: bytes | None = field(default=None, repr=False)


NOBODY = Reader()
"""The reader of public posts."""


def unseal(payload: Payload, *, reader: Reader = NOBODY, records: Iterable[SealedKey] = ()) -> Unsealed:
    """The message of a payload. `records` are the sealed keys found on the graph, tried in order, at most 5,000.

    Raises:
        UnsealFailed: broken payload, wrong keys or no recipient; its `kind` says which.
        MessageMalformed: unsealed, but the plaintext is no typed message.
    """
    encryption, ciphertext = payload.encryption, payload.ciphertext
    if isinstance(encryption, FieldError):
        raise UnsealFailed("the encryption field is broken", kind=PAYLOAD_BROKEN, cause=encryption.kind)
    if isinstance(ciphertext, FieldError):
        raise UnsealFailed("the data field is broken", kind=PAYLOAD_BROKEN, cause=ciphertext.kind)
    post_iv = encryption.post_iv
    if reader.post_key is not None and not isinstance(post_iv, FieldError):
        return Unsealed(_opened(payload.version, reader.post_key, post_iv, ciphertext))
    if isinstance(encryption, PublicEncryption):
        if isinstance(encryption.post_key, FieldError):
            raise UnsealFailed("the post key is broken", kind=PAYLOAD_BROKEN, cause=encryption.post_key.kind)
        if isinstance(post_iv, FieldError):
            raise UnsealFailed("the post IV is broken", kind=PAYLOAD_BROKEN, cause=post_iv.kind)
        return Unsealed(_opened(payload.version, encryption.post_key, post_iv, ciphertext))
    if isinstance(post_iv, FieldError):
        raise UnsealFailed("the post IV is broken", kind=PAYLOAD_BROKEN, cause=post_iv.kind)
    if payload.version == _V37:
        candidates = _candidates_v37(encryption, post_iv, reader, records)
    else:
        post_key = _owned_post_key(payload, encryption, post_iv, reader)
        if post_key is not None:
            return Unsealed(_opened(payload.version, post_key, post_iv, ciphertext), post_key)
        candidates = _candidates_v38(_author_point(payload, reader), post_iv, reader, records)
    return _first_opened(payload.version, candidates, post_iv, ciphertext)


def _opened(version: int, post_key: bytes, post_iv: bytes, ciphertext: bytes) -> Message:
    try:
        plaintext = aes_gcm_unseal(post_key, post_iv, ciphertext)
    except (DecryptFailed, InvalidKey) as error:
        raise UnsealFailed("the message does not belong to this post key", kind=DECRYPT_FAILED) from error
    return decode_binary(plaintext) if version == _V37 else decode_text(plaintext, version=version)


def _first_opened(version: int, candidates: Iterator[bytes], post_iv: bytes, ciphertext: bytes) -> Unsealed:
    for post_key in candidates:
        try:
            return Unsealed(_opened(version, post_key, post_iv, ciphertext), post_key)
        except UnsealFailed:
            continue
    raise UnsealFailed("none of our keys opens this post", kind=NOT_SHARE_TARGET)


def _owned_post_key(payload: Payload, encryption: EndToEndEncryption, post_iv: bytes, reader: Reader) -> bytes | None:
    """The post key by the local key (v38 and older), or None if we are not the author."""
    if reader.local_key is not None and not isinstance(encryption.owner_key, FieldError):
        try:
            key_text = aes_gcm_unseal(reader.local_key, post_iv, encryption.owner_key)
            return read_post_key_text(key_text, is_public=False)
        except (DecryptFailed, InvalidKey):
            pass  # not ours, or damaged: the next lines tell which it is
    owns = reader.local_key is not None if reader.owns_author is None else reader.owns_author
    if owns and isinstance(payload.author, str):
        raise UnsealFailed("our own post, but our local key does not open it", kind=CANNOT_DECRYPT_AS_AUTHOR)
    return None


def _author_point(payload: Payload, reader: Reader) -> bytes:
    key = payload.author_key
    if isinstance(key, CurveKey):
        return key.point
    if reader.author_key is None:
        raise UnsealFailed("the author's public key is not known", kind=AUTHOR_PUBLIC_KEY_NOT_FOUND)
    return reader.author_key


def _candidates_v38(
    author_point: bytes, post_iv: bytes, reader: Reader, records: Iterable[SealedKey]
) -> Iterator[bytes]:
    """Post keys that our private keys get out of the records. One ECDH per private key serves all records."""
    shared: list[bytes] | None = None
    for record in islice(records, MAX_RECORDS):
        if shared is None:
            shared = _shared_secrets(reader.private_keys, author_point)
        for shared_x in shared:
            key, iv = derive_v38(shared_x, post_iv if record.salt is None else record.salt)
            try:
                yield read_post_key_text(aes_gcm_unseal(key, iv, record.sealed), is_public=False)
            except (DecryptFailed, InvalidKey):
                continue


def _candidates_v37(
    encryption: EndToEndEncryption, post_iv: bytes, reader: Reader, records: Iterable[SealedKey]
) -> Iterator[bytes]:
    """Post keys by the owner key, then by the records: with their own ephemeral key or else the payload's."""
    inlined: list[bytes] = []
    for key in encryption.ephemeral_keys.values():
        if isinstance(key, CurveKey) and key.curve is Curve.K256:
            inlined += _shared_secrets(reader.private_keys, key.point)
    if not isinstance(encryption.owner_key, FieldError):
        yield from _post_keys(inlined, post_iv, encryption.owner_key)
    for record in islice(records, MAX_RECORDS):
        own = record.ephemeral_key
        if own is None:
            yield from _post_keys(inlined, post_iv, record.sealed)
        elif own.curve is Curve.K256:
            yield from _post_keys(_shared_secrets(reader.private_keys, own.point), post_iv, record.sealed)


def _post_keys(shared: list[bytes], post_iv: bytes, sealed: bytes) -> Iterator[bytes]:
    for shared_x in shared:
        try:
            post_key = aes_gcm_unseal(shared_x, post_iv, sealed)
        except DecryptFailed:
            continue
        if len(post_key) == 32:
            yield post_key


def _shared_secrets(private_keys: tuple[bytes, ...], point: bytes) -> list[bytes]:
    shared = []
    for private_key in private_keys:
        try:
            shared.append(ecdh_x(private_key, point))
        except Malformed:
            continue
    return shared
