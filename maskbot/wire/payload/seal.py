"""Sealing a message for everyone or for recipients, and adding recipients later (mask-payload.md, sections 7 and 8).

Pure: randomness comes as `SealSecrets`. Weaknesses of the protocol that callers should know: nothing is signed, and v37 seals
every copy of the post key under the post IV (the keys differ, so this holds).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from maskbot.wire.crypto import (
    InvalidKey,
    aes_gcm_seal,
    ecdh_x,
    p256_ecdh_x,
    p256_public_key_of,
    p256_uncompress,
    public_key_of,
)
from maskbot.wire.payload import v37, v38
from maskbot.wire.payload.errors import AES_KEY_USAGE_ERROR, ENCODE_FAILED, PUBLIC_KEY_NOT_FOUND, SealRefused
from maskbot.wire.payload.identifiers import parts_of
from maskbot.wire.payload.message import Message
from maskbot.wire.payload.message_binary import encode_binary
from maskbot.wire.payload.message_text import encode_text
from maskbot.wire.payload.model import Curve, CurveKey, FieldError
from maskbot.wire.payload.msgpack_writer import binary
from maskbot.wire.payload.parties import Author, SealSecrets, Secret
from maskbot.wire.payload.post_key_text import post_key_text
from maskbot.wire.payload.sealed_key import SealedKey, derive_v38


@dataclass(frozen=True, slots=True)
class Sealed:
    """A payload (text for v38, bytes for v37) and, for recipients, the sealed keys in their order.

    A recipient whose key is unusable has a `FieldError` in its place and does not fail the others.
    """

    payload: str | bytes
    post_iv: bytes
    post_key: Secret = field(repr=False)
    keys: tuple[SealedKey | FieldError, ...] = ()


def seal(
    message: Message,
    *,
    version: int,
    author: Author,
    audience: Sequence[CurveKey] | None,
    secrets: SealSecrets,
    key_text: bytes | None = None,
) -> Sealed:
    """The payload of a message; `audience` None means everyone. `version` is -37 or -38.

    `key_text` replaces the JSON text of the post key that v38 seals (its order is not normative); for tests only.

    Raises:
        SealRefused: the message, the author's name or the author's keys do not fit the version.
    """
    if version == v37.VERSION:
        return _seal_v37(message, author, audience, secrets)
    if version == v38.VERSION:
        return _seal_v38(message, author, audience, secrets, key_text or post_key_text(secrets.post_key))
    raise SealRefused("only versions -37 and -38 can be written", kind=ENCODE_FAILED)


def add_recipients(
    *,
    version: int,
    author: Author,
    audience: Sequence[CurveKey],
    secrets: SealSecrets,
    key_text: bytes | None = None,
) -> tuple[SealedKey | FieldError, ...]:
    """The sealed keys for more recipients of a post whose key is known; the payload stays. Salts and ephemeral keys are new.

    Raises:
        SealRefused: v38 without the author's private key, or another version.
    """
    if version == v37.VERSION:
        return _seal_keys_v37(audience, secrets, is_added=True)
    if version == v38.VERSION:
        return _seal_keys_v38(audience, author, secrets, key_text or post_key_text(secrets.post_key))
    raise SealRefused("only versions -37 and -38 can be written", kind=ENCODE_FAILED)


def _seal_v38(
    message: Message, author: Author, audience: Sequence[CurveKey] | None, secrets: SealSecrets, key_text: bytes
) -> Sealed:
    ciphertext = aes_gcm_seal(secrets.post_key, secrets.post_iv, encode_text(message))
    keys: tuple[SealedKey | FieldError, ...] = ()
    if audience is None:
        sealed_key = v38.seal_public_key(secrets.post_key, post_iv=secrets.post_iv)
    elif author.local_key is None:
        raise SealRefused("v38 for recipients needs the author's local key", kind=AES_KEY_USAGE_ERROR)
    else:
        sealed_key = aes_gcm_seal(author.local_key, secrets.post_iv, key_text)
        keys = _seal_keys_v38(audience, author, secrets, key_text)
    key = author.key if author.shows_key else None
    payload = v38.write_v38(
        sealed_key=sealed_key,
        post_iv=secrets.post_iv,
        ciphertext=ciphertext,
        author_key=None if key is None else key.point if key.curve is Curve.K256 else b"",
        is_public=audience is None,
        author=author.profile,
    )
    return Sealed(payload, secrets.post_iv, secrets.post_key, keys)


def _seal_keys_v38(
    audience: Sequence[CurveKey], author: Author, secrets: SealSecrets, key_text: bytes
) -> tuple[SealedKey | FieldError, ...]:
    if author.private_key is None or author.key is None:
        raise SealRefused("v38 for recipients needs the author's private key", kind=PUBLIC_KEY_NOT_FOUND)
    if len(secrets.salts) < len(audience):
        raise SealRefused("v38 needs a salt for every recipient", kind=ENCODE_FAILED)
    private_key, curve = author.private_key, author.key.curve
    shared = ecdh_x if curve is Curve.K256 else p256_ecdh_x
    keys: list[SealedKey | FieldError] = []
    for recipient, salt in zip(audience, secrets.salts, strict=False):
        try:
            if recipient.curve is not curve:
                raise InvalidKey("the recipient's key lies on another curve than the author's")
            key, iv = derive_v38(shared(private_key, recipient.point), salt)
            keys.append(SealedKey(aes_gcm_seal(key, iv, key_text), salt))
        except InvalidKey as error:
            keys.append(FieldError(error.kind))
    return tuple(keys)


def _seal_v37(message: Message, author: Author, audience: Sequence[CurveKey] | None, secrets: SealSecrets) -> Sealed:
    ciphertext = aes_gcm_seal(secrets.post_key, secrets.post_iv, encode_binary(message))
    keys: tuple[SealedKey | FieldError, ...] = ()
    if audience is None:
        encryption = b"\x93\x00" + binary(secrets.post_key) + binary(secrets.post_iv)
    elif author.key is None:
        raise SealRefused("v37 for recipients needs the author's public key", kind=PUBLIC_KEY_NOT_FOUND)
    else:
        owner_key = _seal_one_v37(author.key, secrets)
        keys = _seal_keys_v37(audience, secrets, is_added=False)
        curves = sorted({author.key.curve, *(recipient.curve for recipient in audience)})
        inlined = b"".join(b"\xa1%d" % curve + binary(_wire_point(curve, secrets)) for curve in curves)
        encryption = b"\x94\x01" + binary(owner_key) + binary(secrets.post_iv) + bytes([0x80 | len(curves)]) + inlined
    network, user_id = parts_of(author.profile) if author.profile else (None, None)
    key = author.key if author.shows_key else None
    wire_key = (
        None if key is None else (key.curve, key.point if key.curve is Curve.K256 else p256_uncompress(key.point))
    )
    payload = v37.write_v37(
        network=network, user_id=user_id, author_key=wire_key, encryption=encryption, ciphertext=ciphertext
    )
    return Sealed(payload, secrets.post_iv, secrets.post_key, keys)


def _seal_keys_v37(
    audience: Sequence[CurveKey], secrets: SealSecrets, *, is_added: bool
) -> tuple[SealedKey | FieldError, ...]:
    curves = {recipient.curve for recipient in audience}
    published = {curve: _ephemeral_key(curve, secrets) if is_added else None for curve in curves}
    keys: list[SealedKey | FieldError] = []
    for recipient in audience:
        try:
            keys.append(SealedKey(_seal_one_v37(recipient, secrets), None, published[recipient.curve]))
        except InvalidKey as error:
            keys.append(FieldError(error.kind))
    return tuple(keys)


def _seal_one_v37(recipient: CurveKey, secrets: SealSecrets) -> bytes:
    private_key = _ephemeral(recipient.curve, secrets)
    shared = ecdh_x if recipient.curve is Curve.K256 else p256_ecdh_x
    return aes_gcm_seal(shared(private_key, recipient.point), secrets.post_iv, secrets.post_key)


def _ephemeral(curve: Curve, secrets: SealSecrets) -> Secret:
    try:
        return secrets.ephemeral[curve]
    except KeyError:
        raise SealRefused(f"v37 needs an ephemeral key on {curve.name}", kind=ENCODE_FAILED) from None


def _ephemeral_key(curve: Curve, secrets: SealSecrets) -> CurveKey:
    private_key = _ephemeral(curve, secrets)
    point = public_key_of(private_key) if curve is Curve.K256 else p256_public_key_of(private_key)
    return CurveKey(curve, point)


def _wire_point(curve: Curve, secrets: SealSecrets) -> bytes:
    point = _ephemeral_key(curve, secrets).point
    return point if curve is Curve.K256 else p256_uncompress(point)
