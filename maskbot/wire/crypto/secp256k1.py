"""secp256k1 by libsecp256k1, through coincurve: the only door of the project to this curve.

Diffie-Hellman runs through the library's own constant-time `secp256k1_ecdh`, given a hash function that copies x,
because the Mask protocol wants the bare x coordinate (mask-payload.md, section 1). The public-key tweak multiplication
of coincurve would give the same point, but its running time depends on the scalar, so it must not see a long-lived
private key.

Forms of a point (SEC 1): compressed 33 bytes (02/03), uncompressed 65 bytes (04), hybrid 65 bytes (06/07). Functions
take the first two; hybrid keys are refused (reliability.md, E8), save by `compress_any`, which the payload reader needs
because the extension accepts them inside payloads (mask-payload.md, section 4.2).
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

from coincurve import PrivateKey
from coincurve import PublicKey as CoincurvePublicKey
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT

from maskbot.wire.crypto.errors import InvalidKey

PRIVATE_KEY_BYTES = 32
COMPRESSED_BYTES = 33
UNCOMPRESSED_BYTES = 65
PARSED_KEYS_KEPT = 4096

_CONTEXT = GLOBAL_CONTEXT.ctx
_NULL = ffi.NULL
_move = ffi.memmove
_ecdh = lib.secp256k1_ecdh
_POINT_TYPE = ffi.typeof("secp256k1_pubkey *")


@ffi.callback("int(unsigned char *, const unsigned char *, const unsigned char *, void *)")  # type: ignore[untyped-decorator]  # cffi is untyped
def _copy_x(output: Any, x: Any, _y: Any, _data: Any) -> int:
    """The 'hash function' of the Mask protocol: none. Arguments are C pointers."""
    _move(output, x, 32)
    return 1


class _Output(threading.local):
    """Where libsecp256k1 writes x: 32 bytes for each thread, as the library runs without Python's lock."""

    def __init__(self) -> None:
        self.x = ffi.new("unsigned char[32]")
        self.bytes = ffi.buffer(self.x)


_output = _Output()


def ecdh_x(private_key: bytes, public_key: bytes) -> bytes:
    """The x coordinate, 32 bytes big-endian, of the private key (32 bytes) times the public key (33 or 65 bytes).

    Constant time in the private key. Parsed public keys are remembered (they are public), private keys never.

    Raises:
        InvalidKey: the scalar is out of range, or the bytes are no point of the curve.
    """
    if len(private_key) != PRIVATE_KEY_BYTES:
        raise InvalidKey(f"expected a private key of 32 bytes, got {len(private_key)}")
    output = _output
    if not _ecdh(_CONTEXT, output.x, _parsed(public_key), private_key, _copy_x, _NULL):
        raise InvalidKey("the private key is zero or not below the group order")
    x: bytes = output.bytes[:]
    return x


def public_key_of(private_key: bytes) -> bytes:
    """The public key, compressed (33 bytes), of a private key (32 bytes).

    Raises:
        InvalidKey: the scalar is out of range.
    """
    return bytes(_private(private_key).public_key.format(compressed=True))


def is_private_key(private_key: bytes) -> bool:
    """True for 32 bytes that are a scalar between 1 and the group order less one."""
    return len(private_key) == PRIVATE_KEY_BYTES and bool(lib.secp256k1_ec_seckey_verify(_CONTEXT, private_key))


def is_public_key(public_key: bytes) -> bool:
    """True for a point of the curve in compressed or uncompressed form."""
    try:
        _parsed(public_key)
    except InvalidKey:
        return False
    return True


def compress(public_key: bytes) -> bytes:
    """The compressed form (33 bytes) of a public key of 33 or 65 bytes.

    Raises:
        InvalidKey: no point of the curve, or a hybrid encoding.
    """
    point = _parsed(public_key)
    if len(public_key) == COMPRESSED_BYTES:
        return public_key  # a compressed form that parses is the only one of its point
    return _serialised(point, COMPRESSED_BYTES, lib.SECP256K1_EC_COMPRESSED)


def uncompress(public_key: bytes) -> bytes:
    """The uncompressed form (65 bytes, leading 04) of a public key of 33 or 65 bytes.

    Raises:
        InvalidKey: no point of the curve, or a hybrid encoding.
    """
    return _serialised(_parsed(public_key), UNCOMPRESSED_BYTES, lib.SECP256K1_EC_UNCOMPRESSED)


def compress_any(public_key: bytes) -> bytes:
    """Like `compress`, but takes hybrid encodings (06/07) too. Only for keys inside payloads, never for recipients.

    Raises:
        InvalidKey: no point of the curve.
    """
    if len(public_key) != UNCOMPRESSED_BYTES or public_key[0] not in (6, 7):
        return compress(public_key)
    return _serialised(_parse(public_key), COMPRESSED_BYTES, lib.SECP256K1_EC_COMPRESSED)


def add_to_private_key(private_key: bytes, tweak: bytes) -> bytes:
    """(private key + tweak) modulo the group order, 32 bytes each: the step of BIP-32 derivation. Constant time.

    Raises:
        InvalidKey: an operand is out of range or the sum is zero.
    """
    if len(tweak) != PRIVATE_KEY_BYTES:
        raise InvalidKey(f"expected a tweak of 32 bytes, got {len(tweak)}")
    if not is_private_key(private_key):
        raise InvalidKey("expected a private key of 32 bytes in range")
    scalar = ffi.new("unsigned char[32]", private_key)
    if not lib.secp256k1_ec_seckey_tweak_add(_CONTEXT, scalar, tweak):
        raise InvalidKey("the derived private key is out of range")
    return bytes(ffi.buffer(scalar, 32))


def sign_recoverable(private_key: bytes, digest: bytes) -> bytes:
    """A signature of a 32-byte digest: r (32) s (32) recovery id (1: 0 to 3); low s, nonce by RFC 6979.

    Ethereum wants 27 added to the last byte.

    Raises:
        InvalidKey: the private key is out of range.
        ValueError: the digest is not 32 bytes.
    """
    if len(digest) != 32:
        raise ValueError(f"expected a digest of 32 bytes, got {len(digest)}")
    return bytes(_private(private_key).sign_recoverable(digest, hasher=None))


def recover_public_key(signature: bytes, digest: bytes) -> bytes:
    """The compressed public key (33 bytes) that made a 65-byte signature (r s recovery id 0 to 3) of a 32-byte digest.

    Raises:
        InvalidKey: the signature belongs to no key.
    """
    if len(signature) != 65 or len(digest) != 32 or signature[64] > 3:
        raise InvalidKey("expected a signature of 65 bytes with recovery id 0 to 3 and a digest of 32 bytes")
    try:
        key = CoincurvePublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception as error:  # coincurve raises bare Exception and ValueError here
        raise InvalidKey("the signature belongs to no key") from error
    return bytes(key.format(compressed=True))


def _private(private_key: bytes) -> PrivateKey:
    if not is_private_key(private_key):
        raise InvalidKey("expected a private key of 32 bytes between 1 and the group order")
    return PrivateKey(private_key)


@lru_cache(maxsize=PARSED_KEYS_KEPT)
def _parsed(public_key: bytes) -> Any:
    """The library's own form of a compressed or uncompressed key; kept, as decompression costs a seventh of an ECDH."""
    if not (
        (len(public_key) == COMPRESSED_BYTES and public_key[0] in (2, 3))
        or (len(public_key) == UNCOMPRESSED_BYTES and public_key[0] == 4)
    ):
        raise InvalidKey("expected a point of 33 (02/03) or 65 (04) bytes")
    return _parse(public_key)


def _parse(public_key: bytes) -> Any:
    point = ffi.new(_POINT_TYPE)
    if not lib.secp256k1_ec_pubkey_parse(_CONTEXT, point, public_key, len(public_key)):
        raise InvalidKey("these bytes are no point of secp256k1")
    return point


def _serialised(point: Any, length: int, form: int) -> bytes:
    output = ffi.new("unsigned char[]", length)
    size = ffi.new("size_t *", length)
    lib.secp256k1_ec_pubkey_serialize(_CONTEXT, output, size, point, form)
    return bytes(ffi.buffer(output, length))
