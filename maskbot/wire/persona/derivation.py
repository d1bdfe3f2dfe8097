"""From a mnemonic to the keys of a persona: BIP32 path, public key, local key.

The path is that of the first Ethereum account, so a persona and that account share their key. The local key (AES-256) stays with
the author and wraps the post keys of v38 posts; a persona made from a bare private key has none.

Source: BIP32; spec `gun-personas-backup.md` C.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from maskbot.wire.crypto import add_to_private_key, hmac_sha512, jwk_of_public, pbkdf2_sha256, public_key_of
from maskbot.wire.persona.identifiers import persona_identifier
from maskbot.wire.persona.mnemonic import seed_of

DERIVATION_PATH: Final = "m/44'/60'/0'/0/0"
LOCAL_KEY_BYTES: Final = 32

_HARDENED: Final = 0x80000000
_INDICES: Final = (44 | _HARDENED, 60 | _HARDENED, 0 | _HARDENED, 0, 0)
_LOCAL_KEY_ITERATIONS: Final = 100_000


@dataclass(frozen=True, slots=True)
class MnemonicRecord:
    """A mnemonic as a backup stores it. Its repr hides the words."""

    words: str = field(repr=False)
    has_password: bool
    path: str = DERIVATION_PATH


@dataclass(frozen=True, slots=True)
class PersonaKeys:
    """The keys of one persona: public 33 bytes compressed, private 32, local 32. Its repr hides all secrets."""

    public_key: bytes
    private_key: bytes = field(repr=False)
    local_key: bytes | None = field(repr=False)
    mnemonic: MnemonicRecord | None

    @property
    def identifier(self) -> str:
        """`ec_key:secp256k1/...`"""
        return persona_identifier(self.public_key)


def persona_from_mnemonic(mnemonic: str, *, password: str) -> PersonaKeys:
    """Derives a persona. The password changes the private key, and the local key only through the public key; about 35 ms.

    Raises:
        InvalidMnemonic: wrong words, number of words or checksum.
    """
    private_key = derive_private_key(seed_of(mnemonic, password=password))
    public_key = public_key_of(private_key)
    return PersonaKeys(
        public_key=public_key,
        private_key=private_key,
        local_key=derive_local_key(mnemonic, public_key=public_key),
        mnemonic=MnemonicRecord(words=mnemonic, has_password=bool(password)),
    )


def persona_from_private_key(private_key: bytes) -> PersonaKeys:
    """Makes a persona of a bare private key (32 bytes): it has no mnemonic and no local key.

    Raises:
        InvalidKey: not 32 bytes, or out of range.
    """
    return PersonaKeys(public_key=public_key_of(private_key), private_key=private_key, local_key=None, mnemonic=None)


def derive_private_key(seed: bytes) -> bytes:
    """Derives the private key (32 bytes) of a 64-byte seed at `DERIVATION_PATH`.

    Raises:
        InvalidKey: a step left the range of the curve (never seen; one case in 2**127).
    """
    node = hmac_sha512(b"Bitcoin seed", seed)
    for index in _INDICES:
        key, chain_code = node[:32], node[32:]
        parent = b"\x00" + key if index & _HARDENED else public_key_of(key)
        node = hmac_sha512(chain_code, parent + index.to_bytes(4, "big"))
        node = add_to_private_key(key, node[:32]) + node[32:]
    return node[:32]


def derive_local_key(mnemonic: str, *, public_key: bytes) -> bytes:
    """Derives the local key (32 bytes): salted with the words exactly as typed, stretched from the public key's JWK texts."""
    jwk = jwk_of_public(public_key)
    password = f"{jwk['x']}{jwk['y']}".encode("ascii")
    return pbkdf2_sha256(password, mnemonic.encode(), iterations=_LOCAL_KEY_ITERATIONS, length=LOCAL_KEY_BYTES)
