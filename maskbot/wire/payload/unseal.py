"""Unsealing: from a payload and what the reader holds to the message (mask-payload.md, section 9).

A candidate that fails in any way makes room for the next; at the end stands `NotShareTarget`, which therefore also hides a
damaged message from recipients, as in the reference. What the bot says to outsiders is the same for every failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import chain, islice

from maskbot.domain.errors import Malformed
from maskbot.wire.crypto import DecryptFailed, InvalidKey, aes_gcm_opener, aes_gcm_try, aes_gcm_unseal, ecdh_x
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
POST_KEY_BYTES = 32
Agreement = Callable[[bytes, bytes], bytes]
Opener = Callable[[bytes, bytes], bytes | None]
_V37 = -37


@dataclass(frozen=True, slots=True)
class Reader:
    """What a reader brings: secp256k1 private keys (32 bytes each), a local key (32), a post key kept from before.

    `author_key` answers the question for the author's public key where the payload does not show it (33 or 65 bytes).
    `owns_author` says whether the local key belongs to the author the payload names; None: yes if there is a local key.
    `agree_static` computes the ECDH x with an author's key (v38 and older, whose secrets never change): a reader who lives long
    and may keep secrets passes a function that remembers them, such as `lru_cache(1024)(ecdh_x)`.
    """

    private_keys: tuple[bytes, ...] = field(default=(), repr=False)
    local_key: bytes | None = field(default=None, repr=False)
    owns_author: bool | None = None
    author_key: bytes | None = None
    post_key: bytes | None = field(default=None, repr=False)
    agree_static: Agreement = field(default=ecdh_x, repr=False, compare=False)


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
        return _unseal_v37(encryption, post_iv, ciphertext, reader, records)
    post_key = _owned_post_key(payload, encryption, post_iv, reader)
    if post_key is not None:
        return Unsealed(_opened(payload.version, post_key, post_iv, ciphertext), post_key)
    return _unseal_v38(payload, post_iv, ciphertext, reader, records)


def _opened(version: int, post_key: bytes, post_iv: bytes, ciphertext: bytes) -> Message:
    try:
        plaintext = aes_gcm_unseal(post_key, post_iv, ciphertext)
    except (DecryptFailed, InvalidKey) as error:
        raise UnsealFailed("the message does not belong to this post key", kind=DECRYPT_FAILED) from error
    return decode_binary(plaintext) if version == _V37 else decode_text(plaintext, version=version)


def _owned_post_key(payload: Payload, encryption: EndToEndEncryption, post_iv: bytes, reader: Reader) -> bytes | None:
    """The post key by the local key (v38 and older), or None if we are not the author."""
    if reader.local_key is not None and not isinstance(encryption.owner_key, FieldError):
        try:
            key_text = aes_gcm_unseal(reader.local_key, post_iv, encryption.owner_key)
            return read_post_key_text(key_text, is_public=False)
        except (DecryptFailed, InvalidKey):
            pass  # not ours, or damaged: the next lines tell which it is
    if (reader.local_key is not None if reader.owns_author is None else reader.owns_author) and isinstance(
        payload.author, str
    ):
        raise UnsealFailed("our own post, but our local key does not open it", kind=CANNOT_DECRYPT_AS_AUTHOR)
    return None


def _author_point(payload: Payload, reader: Reader) -> bytes:
    key = payload.author_key
    if isinstance(key, CurveKey):
        return key.point
    if reader.author_key is None:
        raise UnsealFailed("the author's public key is not known", kind=AUTHOR_PUBLIC_KEY_NOT_FOUND)
    return reader.author_key


def _unseal_v38(
    payload: Payload, post_iv: bytes, ciphertext: bytes, reader: Reader, records: Iterable[SealedKey]
) -> Unsealed:
    """By the records: the ECDH of a private key with the author's key serves all of them, only the salts differ."""
    author_point = _author_point(payload, reader)
    shared: list[bytes] | None = None
    for record in islice(records, MAX_RECORDS):
        if shared is None:
            shared = _shared_secrets(reader.private_keys, author_point, agree=reader.agree_static)
        for shared_x in shared:
            key, iv = derive_v38(shared_x, post_iv if record.salt is None else record.salt)
            key_text = aes_gcm_try(key, iv, record.sealed)
            post_key = None if key_text is None else _read_key_text(key_text)
            plaintext = None if post_key is None else aes_gcm_try(post_key, post_iv, ciphertext)
            if plaintext is not None:
                return Unsealed(decode_text(plaintext, version=payload.version), post_key)
    raise _not_a_recipient()


def _unseal_v37(
    encryption: EndToEndEncryption, post_iv: bytes, ciphertext: bytes, reader: Reader, records: Iterable[SealedKey]
) -> Unsealed:
    """By the owner key, then by the records: with their own ephemeral key or else the payload's."""
    inlined: list[Opener] = []
    for key in encryption.ephemeral_keys.values():
        if isinstance(key, CurveKey):
            inlined += _openers(reader, key)
    owner = () if isinstance(encryption.owner_key, FieldError) else (SealedKey(encryption.owner_key),)
    for record in chain(owner, islice(records, MAX_RECORDS)):
        for opener in inlined if record.ephemeral_key is None else _openers(reader, record.ephemeral_key):
            post_key = opener(post_iv, record.sealed)
            if post_key is None or len(post_key) != POST_KEY_BYTES:
                continue
            plaintext = aes_gcm_try(post_key, post_iv, ciphertext)
            if plaintext is not None:
                return Unsealed(decode_binary(plaintext), post_key)
    raise _not_a_recipient()


def _openers(reader: Reader, ephemeral_key: CurveKey) -> list[Opener]:
    """What opens keys sealed under an ephemeral key, one for each of our private keys."""
    if ephemeral_key.curve is not Curve.K256:
        return []
    return [
        aes_gcm_opener(shared_x) for shared_x in _shared_secrets(reader.private_keys, ephemeral_key.point, agree=ecdh_x)
    ]


def _read_key_text(key_text: bytes) -> bytes | None:
    try:
        return read_post_key_text(key_text, is_public=False)
    except InvalidKey:
        return None


def _not_a_recipient() -> UnsealFailed:
    return UnsealFailed("none of our keys opens this post", kind=NOT_SHARE_TARGET)


def _shared_secrets(private_keys: tuple[bytes, ...], point: bytes, *, agree: Agreement) -> list[bytes]:
    shared = []
    for private_key in private_keys:
        try:
            shared.append(agree(private_key, point))
        except Malformed:
            continue
    return shared
