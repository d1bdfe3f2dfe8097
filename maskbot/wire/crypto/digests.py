"""Hashes and key stretching: SHA-2 and PBKDF2 by OpenSSL through hashlib, Keccak-256 (Ethereum) by pycryptodome."""

from __future__ import annotations

import hashlib
import hmac


def sha256(message: bytes) -> bytes:
    """SHA-256, 32 bytes."""
    return hashlib.sha256(message).digest()


def sha512(message: bytes) -> bytes:
    """SHA-512, 64 bytes."""
    return hashlib.sha512(message).digest()


def hmac_sha512(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA512, 64 bytes (BIP-32)."""
    return hmac.digest(key, message, "sha512")


def pbkdf2_sha256(password: bytes, salt: bytes, *, iterations: int, length: int) -> bytes:
    """PBKDF2-HMAC-SHA256, `length` bytes. The caller bounds `iterations`: 100,000 take about 30 ms."""
    return hashlib.pbkdf2_hmac("sha256", password, salt, iterations, length)


def pbkdf2_sha512(password: bytes, salt: bytes, *, iterations: int, length: int) -> bytes:
    """PBKDF2-HMAC-SHA512, `length` bytes (BIP-39 uses 2048 iterations and 64 bytes)."""
    return hashlib.pbkdf2_hmac("sha512", password, salt, iterations, length)


def keccak256(message: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (not SHA3-256), 32 bytes."""
    from Crypto.Hash import keccak  # loaded on first use: payloads never need it

    return keccak.new(digest_bits=256, data=message).digest()


def is_equal_in_constant_time(left: bytes, right: bytes) -> bool:
    """True if both are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(left, right)
