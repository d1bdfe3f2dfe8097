"""AES-GCM as the Mask protocol uses it (mask-payload.md, 1): 16-byte IV, 16-byte tag at the end, no additional data.

A weakness of the protocol: an IV longer than GCM's own 12 bytes is hashed, and v37 reuses the post IV under several
keys. Each key here encrypts one message per IV, so confidentiality holds.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maskbot.wire.crypto.errors import DecryptFailed, InvalidIv, InvalidKey

IV_BYTES = 16
KEY_BYTES = 32


def aes_gcm_seal(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """Ciphertext and tag (16 bytes longer than the plaintext) under a key of 16, 24 or 32 bytes and an IV of 16.

    The caller never uses the same key and IV twice.

    Raises:
        InvalidKey, InvalidIv: wrong length.
    """
    if len(iv) != IV_BYTES:
        raise InvalidIv(f"expected an IV of 16 bytes, got {len(iv)}")
    try:
        return AESGCM(key).encrypt(iv, plaintext, None)
    except ValueError as error:
        raise InvalidKey(f"expected an AES key of 16, 24 or 32 bytes, got {len(key)}") from error


def aes_gcm_unseal(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """The plaintext of ciphertext and tag; key of 16, 24 or 32 bytes, IV of 16.

    Raises:
        InvalidKey, InvalidIv: wrong length.
        DecryptFailed: wrong key, wrong IV or damaged ciphertext.
    """
    if len(iv) != IV_BYTES:
        raise InvalidIv(f"expected an IV of 16 bytes, got {len(iv)}")
    try:
        return _cipher(key).decrypt(iv, ciphertext, None)
    except InvalidTag:
        raise DecryptFailed("the ciphertext does not belong to this key and IV, or is damaged") from None


def aes_gcm_try(key: bytes, iv: bytes, ciphertext: bytes) -> bytes | None:
    """`aes_gcm_unseal` for trying many keys: None instead of an error, for whatever reason it fails."""
    try:
        return AESGCM(key).decrypt(iv, ciphertext, None) if len(iv) == IV_BYTES else None
    except (InvalidTag, ValueError):
        return None


def aes_gcm_opener(key: bytes) -> Callable[[bytes, bytes], bytes | None]:
    """`aes_gcm_try` with the key prepared once, for keys used again and again: a function of IV and ciphertext.

    Raises:
        InvalidKey: wrong length.
    """
    decrypt = _cipher(key).decrypt

    def unseal(iv: bytes, ciphertext: bytes) -> bytes | None:
        try:
            return decrypt(iv, ciphertext, None) if len(iv) == IV_BYTES else None
        except (InvalidTag, ValueError):
            return None

    return unseal


def aes_gcm_sealer(key: bytes) -> Callable[[bytes, bytes], bytes]:
    """`aes_gcm_seal` with the key prepared once: a function of IV and plaintext.

    Raises:
        InvalidKey: wrong length.
    """
    encrypt = _cipher(key).encrypt

    def seal(iv: bytes, plaintext: bytes) -> bytes:
        if len(iv) != IV_BYTES:
            raise InvalidIv(f"expected an IV of 16 bytes, got {len(iv)}")
        return encrypt(iv, plaintext, None)

    return seal


def _cipher(key: bytes) -> AESGCM:
    try:
        return AESGCM(key)
    except ValueError as error:
        raise InvalidKey(f"expected an AES key of 16, 24 or 32 bytes, got {len(key)}") from error
