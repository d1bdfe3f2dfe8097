"""The post key sealed for one recipient, and how v38 derives the key that seals it (mask-payload.md, 7.2 to 7.4)."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.wire.crypto import sha256
from maskbot.wire.payload.model import CurveKey

_KEY_SUFFIX = b"\x28\x46"  # the words KEY and IV, read as base64
_IV_SUFFIX = b"\x21"
_LOW_HALF = (1 << 128) - 1


@dataclass(frozen=True, slots=True)
class SealedKey:
    """One sealed post key: 48 bytes (v37) or usually 138 (v38 and older).

    `salt`: 16 bytes, v38 and older only; None where the graph had none. `ephemeral_key`: only for v37 recipients added
    after the first sealing.
    """

    sealed: bytes
    salt: bytes | None = None
    ephemeral_key: CurveKey | None = None


def derive_v38(shared_x: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """AES key (32 bytes) and IV (16) for one recipient, from the ECDH x (32) and the salt, which enters twice."""
    stem = shared_x + salt + salt
    folded = int.from_bytes(sha256(stem + _IV_SUFFIX), "big")
    return sha256(stem + _KEY_SUFFIX), (folded >> 128 ^ folded & _LOW_HALF).to_bytes(16, "big")
