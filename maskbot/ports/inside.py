"""Ports to the inside: ours, safe to repeat or rolled back with the transaction.

Vault, clock, entropy. The store's ports are in `ports/store.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from maskbot.domain.identity import PublicKey


class Clock(Protocol):
    """The wall clock."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        ...


class Entropy(Protocol):
    """The operating system's random source."""

    def take(self, size: int) -> bytes:
        """`size` random bytes."""
        ...


@dataclass(frozen=True, slots=True)
class SealedKey:
    """One try to unseal a post key. `payload_version` is -37, -38, -39 or -40. `peer` is the ephemeral key (v37) or the author's
    key (v38 to v40); `iv` 16 bytes: the post IV (v37) or the published salt; `sealed` at most 1,024 bytes. With `peer` None the
    persona's local key is tried (the author's own post, v38)."""

    payload_version: int
    peer: PublicKey | None
    iv: bytes
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret lies: bound into its ciphertext, so that swapped rows do not open."""

    table: str
    row_id: str
    tenant_id: str
    purpose: str


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where a persona's key comes from: exactly one of a fresh mnemonic (all None), `mnemonic`, or `private_key` (32 bytes)."""

    mnemonic: str | None = field(default=None, repr=False)
    password: str = field(default="", repr=False)
    private_key: bytes | None = field(default=None, repr=False)
    local_key: bytes | None = field(default=None, repr=False)


class PersonaKeys(Protocol):
    """The vault's persona keys. Private keys never leave, save by `export`."""

    def create(self, *, persona_id: str, tenant_id: str, source: KeySource) -> PublicKey:
        """Make or import the key of a persona; repeating it with the same persona id returns the same public key."""
        ...

    def unseal(self, *, persona_id: str, tries: Sequence[SealedKey]) -> tuple[bytes | None, ...]:
        """The post key (AES raw key, 32 bytes) for each try, None where it does not open. At most 2,000 tries a call."""
        ...

    def sign(self, *, persona_id: str, message: bytes) -> bytes:
        """An EIP-191 personal signature over at most 64 KiB: 65 bytes r|s|v."""
        ...

    def erase(self, *, persona_id: str) -> None:
        """Forget the key for good. Erasing what is gone succeeds."""
        ...


class SecretBox(Protocol):
    """Seals small secrets at rest: tokens, inbox texts, post keys. AES-256-GCM under the vault's key-encryption key."""

    def protect(self, secrets: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """The ciphertext of each secret (at most 256 KiB each), bound to its place."""
        ...

    def reveal(self, secrets: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """The plaintexts. Raises Misconfigured if one does not open under the current or the former key."""
        ...


class Vault(PersonaKeys, SecretBox, Protocol):
    """The whole vault."""


class Notice(Protocol):
    """Rings the doorbell after a commit. Best effort: a lost ring costs seconds."""

    def ring(self, queues: Mapping[str, int]) -> None:
        """Say that so many rows are due in each queue. Never raises."""
        ...
