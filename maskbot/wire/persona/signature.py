"""Ethereum's personal message signature, and the account address of a persona key.

Source: EIP-191 (version 0x45); spec `gun-personas-backup.md` C.4.3.
"""

from __future__ import annotations

from typing import Final

from maskbot.wire.crypto import InvalidKey, keccak256, recover_public_key, sign_recoverable, uncompress
from maskbot.wire.persona.mnemonic import utf8_of

SIGNATURE_BYTES: Final = 65

_ETHEREUM_OFFSET: Final = 27


def ethereum_address(public_key: bytes) -> str:
    """Writes the account address of a public key: `0x` and 40 lower-case hex digits.

    Raises:
        InvalidKey: no point of secp256k1.
    """
    return "0x" + keccak256(uncompress(public_key)[1:])[-20:].hex()


def personal_sign(private_key: bytes, *, text: str) -> bytes:
    """Signs a text; 65 bytes r, s, v with v 27 or 28, deterministic (RFC 6979), low s.

    Raises:
        InvalidKey: the private key is out of range.
    """
    signature = sign_recoverable(private_key, _digest(text))
    return signature[:64] + bytes([signature[64] + _ETHEREUM_OFFSET])


def recover_signer(signature: bytes, *, text: str) -> bytes:
    """Finds the public key (33 bytes) that signed a text; v may be 27, 28, 0 or 1.

    Raises:
        InvalidKey: not 65 bytes, or the signature of no key.
    """
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (0, 1, 27, 28):
        raise InvalidKey("a signature of 65 bytes that ends in 27, 28, 0 or 1 was expected")
    return recover_public_key(signature[:64] + bytes([signature[64] % _ETHEREUM_OFFSET]), _digest(text))


def _digest(text: str) -> bytes:
    message = utf8_of(text)
    return keccak256(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode("ascii") + message)
