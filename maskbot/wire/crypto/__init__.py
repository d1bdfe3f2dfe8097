"""Curves, AES-GCM, digests and base64: the one door to coincurve and cryptography.

The one wire room its siblings may import. Byte lengths: private keys 32, public keys 33 (compressed) or 65
(uncompressed), AES keys 32, IVs 16, shared secrets 32. Everything is a pure function of its arguments; randomness comes
from the caller. What is malformed raises a leaf of `Malformed` from `maskbot.wire.crypto.errors`.

>>> alice, bob = bytes(31) + b"\\x01", bytes(31) + b"\\x02"
>>> ecdh_x(alice, public_key_of(bob)) == ecdh_x(bob, public_key_of(alice))
True
>>> aes_gcm_unseal(bytes(32), bytes(16), aes_gcm_seal(bytes(32), bytes(16), b"hello"))
b'hello'
"""

from __future__ import annotations

from maskbot.wire.crypto.address_text import InvalidAddress, address_text, parse_address
from maskbot.wire.crypto.aes_gcm import aes_gcm_opener, aes_gcm_seal, aes_gcm_sealer, aes_gcm_try, aes_gcm_unseal
from maskbot.wire.crypto.base64_text import (
    decode_base64_forgiving,
    decode_base64url,
    encode_base64,
    encode_base64url,
)
from maskbot.wire.crypto.digests import (
    hmac_sha512,
    is_equal_in_constant_time,
    keccak256,
    pbkdf2_sha256,
    pbkdf2_sha512,
    sha256,
    sha512,
)
from maskbot.wire.crypto.errors import DecryptFailed, InvalidBase64, InvalidIv, InvalidKey
from maskbot.wire.crypto.jwk import (
    aes_key_from_jwk,
    jwk_of_aes_key,
    jwk_of_private,
    jwk_of_public,
    private_from_jwk,
    public_from_jwk,
)
from maskbot.wire.crypto.p256 import p256_compress, p256_ecdh_x, p256_public_key_of, p256_uncompress
from maskbot.wire.crypto.secp256k1 import (
    add_to_private_key,
    compress,
    compress_any,
    ecdh_x,
    is_private_key,
    is_public_key,
    public_key_of,
    recover_public_key,
    sign_recoverable,
    uncompress,
)

__all__ = [
    "DecryptFailed",
    "InvalidAddress",
    "InvalidBase64",
    "InvalidIv",
    "InvalidKey",
    "add_to_private_key",
    "address_text",
    "aes_gcm_opener",
    "aes_gcm_seal",
    "aes_gcm_sealer",
    "aes_gcm_try",
    "aes_gcm_unseal",
    "aes_key_from_jwk",
    "compress",
    "compress_any",
    "decode_base64_forgiving",
    "decode_base64url",
    "ecdh_x",
    "encode_base64",
    "encode_base64url",
    "hmac_sha512",
    "is_equal_in_constant_time",
    "is_private_key",
    "is_public_key",
    "jwk_of_aes_key",
    "jwk_of_private",
    "jwk_of_public",
    "keccak256",
    "p256_compress",
    "p256_ecdh_x",
    "p256_public_key_of",
    "p256_uncompress",
    "parse_address",
    "pbkdf2_sha256",
    "pbkdf2_sha512",
    "private_from_jwk",
    "public_from_jwk",
    "public_key_of",
    "recover_public_key",
    "sha256",
    "sha512",
    "sign_recoverable",
    "uncompress",
]
