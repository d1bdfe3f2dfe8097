"""P-256 by cryptography (OpenSSL).

The protocol names this curve; the extension itself never makes such keys (mask-payload.md, 4.4).
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from maskbot.wire.crypto.errors import InvalidKey

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def p256_ecdh_x(private_key: bytes, public_key: bytes) -> bytes:
    """The x coordinate (32 bytes) of a private key (32 bytes) times a public key (33 or 65 bytes).

    Raises:
        InvalidKey: the scalar is out of range, or the bytes are no point of the curve.
    """
    return _private(private_key).exchange(ec.ECDH(), _public(public_key))


def p256_public_key_of(private_key: bytes) -> bytes:
    """The public key, compressed (33 bytes), of a private key (32 bytes).

    Raises:
        InvalidKey: the scalar is out of range.
    """
    return _private(private_key).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def p256_compress(public_key: bytes) -> bytes:
    """The compressed form (33 bytes) of a public key of 33 or 65 bytes.

    Raises:
        InvalidKey: no point of the curve.
    """
    return _public(public_key).public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def p256_uncompress(public_key: bytes) -> bytes:
    """The uncompressed form (65 bytes) of a public key of 33 or 65 bytes.

    Raises:
        InvalidKey: no point of the curve.
    """
    return _public(public_key).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _private(private_key: bytes) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(private_key, "big")
    if len(private_key) != 32 or not 0 < scalar < _ORDER:
        raise InvalidKey("expected a P-256 private key of 32 bytes between 1 and the group order")
    return ec.derive_private_key(scalar, ec.SECP256R1())


def _public(public_key: bytes) -> ec.EllipticCurvePublicKey:
    if (len(public_key), public_key[:1]) not in ((33, b"\x02"), (33, b"\x03"), (65, b"\x04")):
        raise InvalidKey("expected a P-256 point of 33 (02/03) or 65 (04) bytes")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError as error:
        raise InvalidKey("these bytes are no point of P-256") from error
