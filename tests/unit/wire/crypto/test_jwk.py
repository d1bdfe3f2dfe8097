"""Keys as JWK, both curves and AES."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.crypto import (
    InvalidKey,
    aes_key_from_jwk,
    jwk_of_aes_key,
    jwk_of_private,
    jwk_of_public,
    p256_compress,
    p256_ecdh_x,
    p256_public_key_of,
    p256_uncompress,
    private_from_jwk,
    public_from_jwk,
    public_key_of,
)

VECTORS = json.loads((Path(__file__).parents[3] / "vectors" / "payload.json").read_text("utf-8"))
KEYS = [
    key
    for case in VECTORS["cases"]
    for key in (*case.get("recipients", ()), case.get("author_key"))
    if key is not None and "jwk_private" in key
]
CRV = {"secp256k1": "K-256", "P-256": "P-256"}


def test_every_key_of_the_vectors_converts_both_ways() -> None:
    assert {key["curve"] for key in KEYS} == set(CRV)
    for key in KEYS:
        private, public, crv = bytes.fromhex(key["priv_hex"]), bytes.fromhex(key["pub_hex"]), CRV[key["curve"]]
        assert jwk_of_private(private, crv=crv) == key["jwk_private"]
        assert jwk_of_public(public, crv=crv) == key["jwk_public"]
        assert private_from_jwk(key["jwk_private"]) == private
        assert public_from_jwk(key["jwk_private"]) == public_from_jwk(key["jwk_public"]) == public


@given(st.binary(min_size=32, max_size=32))
def test_aes_keys_round_trip(key: bytes) -> None:
    assert aes_key_from_jwk(jwk_of_aes_key(key)) == key


GOOD = jwk_of_private(bytes(31) + b"\x07")


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "oct"},
        {"crv": "P-384"},
        {"crv": None},
        {"d": None},
        {"d": 7},
        {"d": ""},
        {"d": "A" * 43},
        {"d": "!" * 43},
        {"d": "A" * 10_000},
        {"x": "AA"},
        {"y": GOOD["x"]},
        {
            "x": jwk_of_public(public_key_of(bytes(31) + b"\x08"))["x"],
            "y": jwk_of_public(public_key_of(bytes(31) + b"\x08"))["y"],
        },
    ],
)
def test_a_private_jwk_that_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidKey):
        private_from_jwk({**GOOD, **change})


@pytest.mark.parametrize("change", [{"kty": "EC"}, {"k": None}, {"k": "AAAA"}, {"k": "="}, {"k": "A" * 65}, {"k": 5}])
def test_an_aes_jwk_that_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidKey):
        aes_key_from_jwk({**jwk_of_aes_key(bytes(32)), **change})


def test_unknown_curves_and_lengths_are_refused_when_writing() -> None:
    with pytest.raises(InvalidKey):
        jwk_of_public(public_key_of(bytes(31) + b"\x07"), crv="P-384")
    with pytest.raises(InvalidKey):
        jwk_of_aes_key(bytes(16))


@pytest.mark.parametrize("raw", [b"", bytes(33), b"\x04" + bytes(64), b"\x06" + bytes(64), b"\x02" + b"\xff" * 32])
def test_p256_refuses_what_is_no_point(raw: bytes) -> None:
    for use in (p256_compress, p256_uncompress, lambda point: p256_ecdh_x(bytes(31) + b"\x01", point)):
        with pytest.raises(InvalidKey):
            use(raw)


@pytest.mark.parametrize("private", [b"", bytes(32), b"\xff" * 32])
def test_p256_refuses_scalars_out_of_range(private: bytes) -> None:
    with pytest.raises(InvalidKey):
        p256_public_key_of(private)
