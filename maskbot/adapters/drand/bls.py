"""BLS signatures of drand's scheme `bls-unchained-g1-rfc9380`: the one door to py_ecc.

Source: drand's specification, RFC 9380 (hash to curve), the curve BLS12-381. A round signs SHA-256 of its number (8 bytes, big
endian); signatures are points of G1 (48 bytes), public keys of G2 (96 bytes). Checking one takes about 0.2 s; never in a loop.
"""

from __future__ import annotations

from hashlib import sha256

from py_ecc.bls.g2_primitives import subgroup_check
from py_ecc.bls.hash_to_curve import hash_to_G1
from py_ecc.bls.point_compression import compress_G1, compress_G2, decompress_G1, decompress_G2
from py_ecc.bls.typing import G1Compressed, G2Compressed
from py_ecc.fields import optimized_bls12_381_FQ12 as FQ12
from py_ecc.optimized_bls12_381.optimized_curve import G2, curve_order, is_inf, multiply, neg
from py_ecc.optimized_bls12_381.optimized_pairing import final_exponentiate, pairing

_DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_SIGNATURE_BYTES = 48
_PUBLIC_KEY_BYTES = 96


def is_genuine(signature: bytes, *, round_number: int, public_key: bytes) -> bool:
    """Whether the chain with this public key signed this round. False for bytes that are no point of the right group."""
    if len(signature) != _SIGNATURE_BYTES or len(public_key) != _PUBLIC_KEY_BYTES:
        return False
    try:
        point = decompress_G1(G1Compressed(int.from_bytes(signature, "big")))
        key = decompress_G2(
            G2Compressed((int.from_bytes(public_key[:48], "big"), int.from_bytes(public_key[48:], "big")))
        )
    except ValueError:
        return False
    if is_inf(point) or is_inf(key) or not (subgroup_check(point) and subgroup_check(key)):
        return False
    # e(G2, point) = e(key, message), as one product, so that the dear power is raised once (0.1 s; 0.35 s in each `pairing`)
    product = pairing(G2, point, final_exponentiate=False) * pairing(
        key, neg(_message(round_number)), final_exponentiate=False
    )
    return bool(final_exponentiate(product) == FQ12.one())


def sign_round(private_key: int, *, round_number: int) -> bytes:
    """The signature of a round, 48 bytes: for a chain of our own in the sandbox."""
    return int(compress_G1(multiply(_message(round_number), private_key % curve_order))).to_bytes(48, "big")


def public_key_of(private_key: int) -> bytes:
    """The public key, 96 bytes."""
    first, second = compress_G2(multiply(G2, private_key % curve_order))
    return int(first).to_bytes(48, "big") + int(second).to_bytes(48, "big")


def _message(round_number: int):  # type: ignore[no-untyped-def]  # py_ecc's points have a type for each curve and form
    return hash_to_G1(sha256(round_number.to_bytes(8, "big")).digest(), _DOMAIN, sha256)  # type: ignore[arg-type]  # py_ecc names a hash by the type of what it makes
