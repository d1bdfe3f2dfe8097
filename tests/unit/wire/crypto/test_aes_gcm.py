"""AES-GCM with 16-byte IVs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.crypto import (
    DecryptFailed,
    InvalidIv,
    InvalidKey,
    aes_gcm_opener,
    aes_gcm_seal,
    aes_gcm_sealer,
    aes_gcm_try,
    aes_gcm_unseal,
    pbkdf2_sha256,
    pbkdf2_sha512,
    sha512,
)

KEY, IV = bytes(range(32)), bytes(range(16))


@given(st.sampled_from([16, 24, 32]), st.binary(max_size=300))
def test_what_is_sealed_is_unsealed_by_every_door(key_bytes: int, plaintext: bytes) -> None:
    key = KEY[:key_bytes]
    sealed = aes_gcm_seal(key, IV, plaintext)
    assert len(sealed) == len(plaintext) + 16
    assert sealed == aes_gcm_sealer(key)(IV, plaintext)
    assert (
        aes_gcm_unseal(key, IV, sealed) == aes_gcm_try(key, IV, sealed) == aes_gcm_opener(key)(IV, sealed) == plaintext
    )


def test_a_16_byte_iv_is_hashed_as_the_standard_says() -> None:
    # GCM test case 6 of the original submission has an IV longer than 12 bytes; its key is shorter, so we check the property
    # that a 16-byte IV is not the same as its first 12 bytes with a counter.
    assert aes_gcm_seal(KEY, IV, bytes(16))[:16] != aes_gcm_seal(KEY, IV[:12] + b"\0\0\0\x01", bytes(16))[:16]


@pytest.mark.parametrize("change", range(20))
def test_a_flipped_bit_is_noticed(change: int) -> None:
    sealed = bytearray(aes_gcm_seal(KEY, IV, b"abcd"))
    sealed[change] ^= 1
    assert aes_gcm_try(KEY, IV, bytes(sealed)) is None
    with pytest.raises(DecryptFailed):
        aes_gcm_unseal(KEY, IV, bytes(sealed))


@pytest.mark.parametrize("ciphertext", [b"", b"\0", bytes(15), bytes(16)])
def test_too_short_a_ciphertext_is_a_failure_like_any_other(ciphertext: bytes) -> None:
    with pytest.raises(DecryptFailed):
        aes_gcm_unseal(KEY, IV, ciphertext)


@pytest.mark.parametrize("iv_bytes", [0, 8, 12, 15, 17, 128])
def test_the_iv_has_16_bytes(iv_bytes: int) -> None:
    for use in (aes_gcm_seal, aes_gcm_unseal):
        with pytest.raises(InvalidIv):
            use(KEY, bytes(iv_bytes), bytes(32))
    with pytest.raises(InvalidIv):
        aes_gcm_sealer(KEY)(bytes(iv_bytes), b"")
    assert aes_gcm_try(KEY, bytes(iv_bytes), bytes(32)) is None
    assert aes_gcm_opener(KEY)(bytes(iv_bytes), bytes(32)) is None


@pytest.mark.parametrize("key_bytes", [0, 15, 31, 33, 64])
def test_keys_have_16_24_or_32_bytes(key_bytes: int) -> None:
    for use in (aes_gcm_seal, aes_gcm_unseal):
        with pytest.raises(InvalidKey):
            use(bytes(key_bytes), IV, bytes(32))
    with pytest.raises(InvalidKey):
        aes_gcm_opener(bytes(key_bytes))
    assert aes_gcm_try(bytes(key_bytes), IV, bytes(32)) is None


def test_pbkdf2_matches_published_results() -> None:
    # RFC 7914, section 11 (SHA-256); BIP-39's own use of SHA-512 is covered by the persona vectors
    derived = pbkdf2_sha256(b"passwd", b"salt", iterations=1, length=64)
    assert derived.hex().startswith("55ac046e56e3089fec1691c22544b605")
    assert len(pbkdf2_sha512(b"p", b"s", iterations=1, length=64)) == len(sha512(b"")) == 64
