"""Keys as backups store them: JSON Web Keys, judged as the extension judges them, plus the check it lacks.

A member counts as present if JavaScript would call it true. The JWK is kept beside the key, so that writing a backup again loses
nothing.

Source: spec `gun-personas-backup.md` D.2 (import rules).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from maskbot.wire.crypto import (
    InvalidKey,
    aes_key_from_jwk,
    jwk_of_aes_key,
    jwk_of_public,
    private_from_jwk,
    public_from_jwk,
    public_key_of,
)
from maskbot.wire.persona.errors import BackupUnknownFormat
from maskbot.wire.persona.key_text import CURVE, private_jwk

_EC_MEMBERS: Final = ("crv", "key_ops", "kty", "x", "y")
_AES_MEMBERS: Final = ("alg", "k", "key_ops", "kty")


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key (public 33 bytes, private or AES 32) and the JWK it came as. Its repr hides both."""

    key: bytes = field(repr=False)
    jwk: Mapping[str, object] = field(repr=False)


def stored_public_key(public_key: bytes) -> StoredKey:
    """Wraps a public key (33 bytes) for a backup.

    Raises:
        InvalidKey: no point of secp256k1.
    """
    return StoredKey(key=public_key, jwk=jwk_of_public(public_key))


def stored_private_key(private_key: bytes) -> StoredKey:
    """Wraps a private key (32 bytes) for a backup.

    Raises:
        InvalidKey: out of range.
    """
    return StoredKey(key=private_key, jwk=private_jwk(private_key))


def stored_aes_key(key: bytes) -> StoredKey:
    """Wraps a local key or post key (32 bytes) for a backup.

    Raises:
        InvalidKey: another length.
    """
    return StoredKey(key=key, jwk=jwk_of_aes_key(key))


def read_public_key(value: object) -> StoredKey | None:
    """Reads a persona's public key; None if the value is no public EC key at all.

    Raises:
        BackupUnknownFormat: an EC key, but on another curve or off the curve; the extension aborts the import as well.
    """
    if not isinstance(value, dict) or not _has(value, _EC_MEMBERS) or value.get("d"):
        return None
    try:
        if value["crv"] != CURVE:
            raise BackupUnknownFormat(f"a persona's public key must be on the curve {CURVE}")
        return StoredKey(key=public_from_jwk({**value, "kty": "EC"}), jwk=value)
    except InvalidKey as error:
        raise BackupUnknownFormat("a persona's public key is no point of its curve") from error


def read_private_key(value: object, *, public_key: bytes) -> StoredKey | None:
    """Reads the private key that belongs to `public_key`; None if the value is none, or that of another key.

    The extension never makes this comparison: a backup could then pair a stranger's identity with a key of the attacker.
    """
    if not isinstance(value, dict) or not _has(value, _EC_MEMBERS) or not value.get("d"):
        return None
    try:
        key = private_from_jwk({**value, "kty": "EC"})
        is_pair = value["crv"] == CURVE and public_from_jwk({**value, "kty": "EC"}) == public_key
    except InvalidKey:
        return None
    return StoredKey(key=key, jwk=value) if is_pair else None


def read_aes_key(value: object) -> StoredKey | None:
    """Reads a local key or post key of 32 bytes; None if the value is none."""
    if not isinstance(value, dict) or not _has(value, _AES_MEMBERS):
        return None
    try:
        key = aes_key_from_jwk(value)
    except InvalidKey:
        return None
    return StoredKey(key=key, jwk=value) if len(key) == 32 else None


def completed_wallet(record: Mapping[str, object]) -> Mapping[str, object]:
    """Adds the x and y that a wallet's private JWK lacks when the wallet has no public key; anything else stays as it is."""
    jwk = record.get("privateKey")
    if record.get("publicKey") or not isinstance(jwk, dict) or not jwk.get("d"):
        return record
    try:
        key = private_from_jwk({"kty": "EC", "crv": CURVE, "d": jwk["d"]})
    except InvalidKey:
        return record
    point = jwk_of_public(public_key_of(key))
    return {**record, "privateKey": {**jwk, "x": point["x"], "y": point["y"]}}


def _has(value: Mapping[str, object], members: tuple[str, ...]) -> bool:
    # an empty list is true in JavaScript; everything else false here is false there
    return all(value.get(member) or isinstance(value.get(member), list | dict) for member in members)
