"""JSON Web Keys as the extension writes them: EC keys and AES keys.

secp256k1 goes by the private curve name `K-256`. Members are written in a fixed order, but order is never normative
when reading (mask-payload.md, 7.2).
"""

from __future__ import annotations

from collections.abc import Mapping

from maskbot.wire.crypto import p256, secp256k1
from maskbot.wire.crypto.base64_text import decode_base64url, encode_base64url
from maskbot.wire.crypto.errors import InvalidBase64, InvalidKey

K256 = "K-256"
P256 = "P-256"
_USES = ("deriveKey", "deriveBits")


def jwk_of_public(public_key: bytes, *, crv: str = K256) -> dict[str, object]:
    """The JWK of a public key (33 or 65 bytes): crv, ext, x, y, key_ops, kty.

    Raises:
        InvalidKey: no point of the curve, or an unknown curve name.
    """
    point = _uncompressed(public_key, crv)
    return {
        "crv": crv,
        "ext": True,
        "x": encode_base64url(point[1:33]),
        "y": encode_base64url(point[33:]),
        "key_ops": list(_USES),
        "kty": "EC",
    }


def jwk_of_private(private_key: bytes, *, crv: str = K256) -> dict[str, object]:
    """The JWK of a private key (32 bytes): crv, ext, d, x, y, key_ops, kty. It holds the secret.

    Raises:
        InvalidKey: the scalar is out of range, or an unknown curve name.
    """
    public = secp256k1.public_key_of(private_key) if crv == K256 else p256.p256_public_key_of(private_key)
    point = _uncompressed(public, crv)
    return {
        "crv": crv,
        "ext": True,
        "d": encode_base64url(private_key),
        "x": encode_base64url(point[1:33]),
        "y": encode_base64url(point[33:]),
        "key_ops": list(_USES),
        "kty": "EC",
    }


def public_from_jwk(jwk: Mapping[str, object]) -> bytes:
    """The compressed public key (33 bytes) of an EC JWK, on the curve it names (`K-256` or `P-256`).

    Raises:
        InvalidKey: another kind of key, a missing or malformed coordinate, or no point of the curve.
    """
    crv = _curve_of(jwk)
    point = b"\x04" + _coordinate(jwk, "x") + _coordinate(jwk, "y")
    return secp256k1.compress(point) if crv == K256 else p256.p256_compress(point)


def private_from_jwk(jwk: Mapping[str, object]) -> bytes:
    """The private key (32 bytes) of an EC JWK whose public half, if present, belongs to it.

    Raises:
        InvalidKey: another kind of key, no `d`, a scalar out of range, or x and y of another key.
    """
    crv = _curve_of(jwk)
    private_key = _coordinate(jwk, "d")
    public = secp256k1.public_key_of(private_key) if crv == K256 else p256.p256_public_key_of(private_key)
    if ("x" in jwk or "y" in jwk) and public_from_jwk(jwk) != public:
        raise InvalidKey("the JWK's x and y belong to another private key")
    return private_key


def aes_key_from_jwk(jwk: Mapping[str, object]) -> bytes:
    """The raw AES key (16, 24 or 32 bytes) of an `oct` JWK; the other members are the caller's business.

    Raises:
        InvalidKey: another kind of key or a wrong length.
    """
    text = jwk.get("k")
    if jwk.get("kty") != "oct" or not isinstance(text, str) or len(text) > 64:
        raise InvalidKey("expected an AES key as JWK of type 'oct'")
    try:
        raw = decode_base64url(text)
    except InvalidBase64 as error:
        raise InvalidKey("the JWK's k is no base64url") from error
    if len(raw) not in (16, 24, 32):
        raise InvalidKey(f"expected an AES key of 16, 24 or 32 bytes, got {len(raw)}")
    return raw


def jwk_of_aes_key(key: bytes) -> dict[str, object]:
    """The JWK of a 32-byte AES key, in Chrome's order: alg, ext, k, key_ops, kty. It holds the secret.

    Raises:
        InvalidKey: not 32 bytes.
    """
    if len(key) != 32:
        raise InvalidKey(f"expected an AES key of 32 bytes, got {len(key)}")
    return {
        "alg": "A256GCM",
        "ext": True,
        "k": encode_base64url(key),
        "key_ops": ["encrypt", "decrypt"],
        "kty": "oct",
    }


def _curve_of(jwk: Mapping[str, object]) -> str:
    crv = jwk.get("crv")
    if jwk.get("kty") != "EC" or crv not in (K256, P256):
        raise InvalidKey("expected an EC key on K-256 or P-256")
    return str(crv)


def _coordinate(jwk: Mapping[str, object], name: str) -> bytes:
    text = jwk.get(name)
    if not isinstance(text, str) or len(text) > 64:
        raise InvalidKey(f"the JWK lacks a usable {name}")
    try:
        raw = decode_base64url(text)
    except InvalidBase64 as error:
        raise InvalidKey(f"the JWK's {name} is no base64url") from error
    if len(raw) > 32 or not raw:
        raise InvalidKey(f"expected at most 32 bytes in the JWK's {name}, got {len(raw)}")
    return raw.rjust(32, b"\x00")


def _uncompressed(public_key: bytes, crv: str) -> bytes:
    if crv == K256:
        return secp256k1.uncompress(public_key)
    if crv == P256:
        return p256.p256_uncompress(public_key)
    raise InvalidKey("expected the curve name K-256 or P-256")
