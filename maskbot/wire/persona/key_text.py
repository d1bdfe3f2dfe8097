"""The persona's private key as text: what the extension shows under "export persona" and takes back.

base64 of the MessagePack map of the private JWK, members in the order crv, ext, x, y, key_ops, kty, d.

Source: spec `gun-personas-backup.md` C.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from maskbot.wire.crypto import (
    InvalidBase64,
    InvalidKey,
    decode_base64_forgiving,
    encode_base64,
    encode_base64url,
    jwk_of_public,
    private_from_jwk,
    public_key_of,
)
from maskbot.wire.persona.errors import InvalidPersonaKey
from maskbot.wire.persona.msgpack_document import decode_document, encode_document

CURVE: Final = "K-256"
STANDARD_CURVE: Final = "secp256k1"

_MAX_CHARACTERS: Final = 4096


def private_jwk(private_key: bytes) -> dict[str, object]:
    """Writes a private key (32 bytes) as the extension's JWK, `d` last. The result is secret.

    Raises:
        InvalidKey: out of range.
    """
    return {**jwk_of_public(public_key_of(private_key)), "d": encode_base64url(private_key)}


def export_private_key(private_key: bytes) -> str:
    """Writes a private key (32 bytes) as the extension's export text. The result is secret.

    Raises:
        InvalidKey: out of range.
    """
    return encode_base64(encode_document(private_jwk(private_key)))


def import_private_key(text: str) -> bytes:
    """Reads the private key (32 bytes) of an export text; the curve may be called `K-256` or `secp256k1`.

    Raises:
        InvalidPersonaKey: no such text, another curve, a key out of range, or one whose x and y belong to another key.
    """
    if len(text) > _MAX_CHARACTERS:
        raise InvalidPersonaKey(f"an exported key of at most {_MAX_CHARACTERS} characters was expected")
    try:
        jwk = decode_document(decode_base64_forgiving(text))
        if not isinstance(jwk, dict) or jwk.get("crv") not in (CURVE, STANDARD_CURVE):
            raise InvalidPersonaKey("an exported persona key on the curve K-256 was expected")
        return private_from_jwk(with_mask_curve(jwk))
    except (InvalidBase64, InvalidKey, ValueError) as error:
        raise InvalidPersonaKey("the text is no exported persona key") from error


def with_mask_curve(jwk: Mapping[str, object]) -> dict[str, object]:
    """Copies a JWK; a curve called by its registered name gets the name the extension uses."""
    return {**jwk, "crv": CURVE} if jwk.get("crv") == STANDARD_CURVE else dict(jwk)
