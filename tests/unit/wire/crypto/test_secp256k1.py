"""secp256k1: two sources agree on every shared secret, and nothing but a point of the curve gets through."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from coincurve import PublicKey as CoincurvePublicKey
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.crypto import (
    InvalidKey,
    add_to_private_key,
    compress,
    compress_any,
    ecdh_x,
    is_private_key,
    is_public_key,
    keccak256,
    public_key_of,
    recover_public_key,
    sha256,
    sign_recoverable,
    uncompress,
)

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
FIELD = 2**256 - 2**32 - 977
scalars = st.integers(1, ORDER - 1)


def scalar_bytes(scalar: int) -> bytes:
    return scalar.to_bytes(32, "big")


def opensslike(scalar: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(scalar, ec.SECP256K1())


def hybrid(point: bytes) -> bytes:
    whole = uncompress(point)
    return bytes([6 | whole[-1] & 1]) + whole[1:]


NOT_POINTS = {
    "empty": b"",
    "one zero byte (infinity)": b"\x00",
    "x not below the field prime": b"\x02" + (FIELD).to_bytes(32, "big"),
    "all ones": b"\x03" + b"\xff" * 32,
    "no point has this x": b"\x02" + (5).to_bytes(32, "big"),
    "off the curve": b"\x04" + bytes(31) + b"\x01" + bytes(31) + b"\x01",
    "zero coordinates": b"\x04" + bytes(64),
    "unknown leading byte": b"\x05" + bytes(31) + b"\x01",
    "cut": public_key_of(scalar_bytes(7))[:-1],
    "one byte too many": public_key_of(scalar_bytes(7)) + b"\0",
    "hybrid": hybrid(public_key_of(scalar_bytes(7))),
}


@given(scalars, scalars)
def test_shared_x_is_what_openssl_computes(ours: int, theirs: int) -> None:
    public = opensslike(theirs).public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    assert public_key_of(scalar_bytes(theirs)) == point
    assert ecdh_x(scalar_bytes(ours), point) == opensslike(ours).exchange(ec.ECDH(), public)


@given(scalars, scalars)
def test_both_sides_get_the_same_x_from_either_form(ours: int, theirs: int) -> None:
    one, other = scalar_bytes(ours), scalar_bytes(theirs)
    assert ecdh_x(one, uncompress(public_key_of(other))) == ecdh_x(other, public_key_of(one))


def test_threads_do_not_write_over_each_others_x() -> None:
    keys = [number.to_bytes(32, "big") for number in range(1, 9)]
    points = [public_key_of(key) for key in keys]
    expected = [[ecdh_x(key, point) for point in points] for key in keys]
    with ThreadPoolExecutor(len(keys)) as pool:
        got = list(pool.map(lambda key: [[ecdh_x(key, point) for point in points] for _ in range(40)], keys))
    assert got == [[row] * 40 for row in expected]


def test_x_keeps_its_leading_zeros() -> None:
    scalar = next(n for n in range(1, 2000) if opensslike(n).public_key().public_numbers().x < 1 << 248)
    assert ecdh_x(scalar_bytes(1), public_key_of(scalar_bytes(scalar)))[0] == 0


EDGE_X = [
    1,
    2,
    3,
    4,
    6,
    8,
    12,
    2**16,
    2**64 + 1,
    2**128,
    2**248 - 1,
    2**255,
    FIELD - 1,
    FIELD - 2,
    FIELD - 3,
    FIELD - 4,
]


@pytest.mark.parametrize("x", [x for x in EDGE_X if is_public_key(b"\x02" + x.to_bytes(32, "big"))])
@pytest.mark.parametrize("scalar", [1, 2, ORDER - 1, ORDER // 2, 2**255 - 1, 2**128 + 1])
def test_special_shared_secrets_are_right(x: int, scalar: int) -> None:
    # the peer is chosen so that the shared point has this x: peer = scalar^-1 * point
    point = CoincurvePublicKey(b"\x02" + x.to_bytes(32, "big"))
    peer = point.multiply(scalar_bytes(pow(scalar, -1, ORDER))).format()
    assert ecdh_x(scalar_bytes(scalar), peer) == x.to_bytes(32, "big")
    assert ecdh_x(scalar_bytes(ORDER - scalar), peer) == x.to_bytes(32, "big")


@pytest.mark.parametrize("name", NOT_POINTS)
def test_what_is_no_point_is_refused_everywhere(name: str) -> None:
    raw = NOT_POINTS[name]
    assert not is_public_key(raw)
    for use in (compress, uncompress, lambda point: ecdh_x(scalar_bytes(1), point)):
        with pytest.raises(InvalidKey):
            use(raw)


@pytest.mark.parametrize("name", [name for name in NOT_POINTS if name != "hybrid"])
def test_the_payload_reader_refuses_them_too(name: str) -> None:
    with pytest.raises(InvalidKey):
        compress_any(NOT_POINTS[name])


def test_only_the_payload_reader_takes_a_hybrid_key() -> None:
    point = public_key_of(scalar_bytes(7))
    assert compress_any(hybrid(point)) == point
    wrong_parity = bytes([hybrid(point)[0] ^ 1]) + hybrid(point)[1:]
    with pytest.raises(InvalidKey):
        compress_any(wrong_parity)


@pytest.mark.parametrize("scalar", [0, ORDER, ORDER + 1, 2**256 - 1])
def test_scalars_out_of_range_are_no_private_keys(scalar: int) -> None:
    raw = scalar_bytes(scalar)
    assert not is_private_key(raw)
    for use in (
        public_key_of,
        lambda key: ecdh_x(key, public_key_of(scalar_bytes(1))),
        lambda key: add_to_private_key(key, raw),
    ):
        with pytest.raises(InvalidKey):
            use(raw)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_private_keys_have_32_bytes(length: int) -> None:
    with pytest.raises(InvalidKey):
        ecdh_x(b"\x01" * length, public_key_of(scalar_bytes(1)))
    with pytest.raises(InvalidKey):
        add_to_private_key(scalar_bytes(1), b"\x01" * length)


@given(scalars)
def test_forms_of_a_point_convert_both_ways(scalar: int) -> None:
    point = public_key_of(scalar_bytes(scalar))
    assert compress(uncompress(point)) == point == compress(point)


@given(scalars, scalars)
def test_adding_to_a_private_key_is_addition_modulo_the_order(first: int, second: int) -> None:
    total = (first + second) % ORDER
    if total:
        assert add_to_private_key(scalar_bytes(first), scalar_bytes(second)) == scalar_bytes(total)


@given(scalars, st.binary(min_size=1, max_size=40))
def test_a_signature_gives_back_its_key(scalar: int, message: bytes) -> None:
    signature = sign_recoverable(scalar_bytes(scalar), sha256(message))
    assert recover_public_key(signature, sha256(message)) == public_key_of(scalar_bytes(scalar))
    assert int.from_bytes(signature[32:64], "big") <= ORDER // 2


@pytest.mark.parametrize("signature", [b"", bytes(65), b"\xff" * 65, bytes(64) + b"\x04", b"\x01" * 64])
def test_a_broken_signature_belongs_to_no_key(signature: bytes) -> None:
    with pytest.raises(InvalidKey):
        recover_public_key(signature, bytes(32))


def test_keccak_is_ethereums() -> None:
    assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
