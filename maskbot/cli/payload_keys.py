"""Keys for `maskbot payload`: private ones by file, environment or prompt in any form people have them; public ones as words."""

from __future__ import annotations

import json
from pathlib import Path

from maskbot.cli.secret_input import read_secret
from maskbot.domain.errors import Malformed
from maskbot.wire.crypto import (
    InvalidBase64,
    InvalidKey,
    aes_key_from_jwk,
    compress,
    decode_base64url,
    is_private_key,
    private_from_jwk,
)
from maskbot.wire.persona import import_private_key, public_key_of_identifier


class UnreadableKey(Malformed):
    """A key in none of the forms we know. The message never repeats it."""

    kind = "UnreadableKey"


def read_private_key(*, file: Path | None, variable: str | None) -> bytes | None:
    """A persona's private key (32 bytes): the extension's export text, hex, or a JWK. None if neither place is named.

    Raises:
        UnreadableKey: another form.
        Misconfigured: the place cannot be read.
    """
    if file is None and variable is None:
        return None
    text = read_secret(what="private key", file=file, variable=variable).strip()
    try:
        if text.startswith("{"):
            return private_from_jwk(_object(text))
        raw = _hex(text)
        if raw is not None and is_private_key(raw):
            return raw
        return import_private_key(text)
    except Malformed as error:
        raise UnreadableKey(
            "the private key is no export text of the extension, no 64 hex digits and no JWK"
        ) from error


def read_aes_key(*, what: str, file: Path | None, variable: str | None) -> bytes | None:
    """A local key or post key (32 bytes): a JWK, hex, or base64url. None if neither place is named.

    Raises:
        UnreadableKey: another form.
        Misconfigured: the place cannot be read.
    """
    if file is None and variable is None:
        return None
    text = read_secret(what=what, file=file, variable=variable).strip()
    try:
        raw = (
            aes_key_from_jwk(_object(text))
            if text.startswith("{")
            else _hex(text) or decode_base64url(text.rstrip("="))
        )
    except (InvalidKey, InvalidBase64):
        raw = b""
    if len(raw) != 32:
        raise UnreadableKey(f"the {what} is no JWK, no 64 hex digits and no base64url of 32 bytes")
    return raw


def read_public_key(text: str) -> bytes:
    """A public key (33 bytes) as `ec_key:secp256k1/...` or hex of 33 or 65 bytes.

    Raises:
        UnreadableKey: another form, or no point of the curve.
    """
    try:
        if text.startswith("ec_key:"):
            return public_key_of_identifier(text)
        return compress(bytes.fromhex(text.removeprefix("0x")))
    except (ValueError, Malformed) as error:
        raise UnreadableKey("a public key is ec_key:secp256k1/... or 66 hex digits of a point of secp256k1") from error


def _hex(text: str) -> bytes | None:
    digits = text.removeprefix("0x")
    try:
        return bytes.fromhex(digits) if len(digits) == 64 else None
    except ValueError:
        return None


def _object(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableKey("the key is no JSON") from error
    if not isinstance(value, dict):
        raise UnreadableKey("the key is no JSON object")
    return value
