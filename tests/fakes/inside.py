"""A clock that stands still until it is moved, counted randomness, a bell that notes its rings, keys without a vault."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from maskbot.adapters.vault.persona_secret import PersonaSecret, unseal_tries
from maskbot.domain.identity import PublicKey
from maskbot.ports.inside import KeySource, Place, SealedKey
from maskbot.wire.crypto import public_key_of


class FakeClock:
    """Unix time in milliseconds, moved by hand."""

    def __init__(self, now_ms: int = 1_795_000_000_000) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        """The time."""
        return self.ms

    def move(self, by_ms: int) -> None:
        """Let time pass."""
        self.ms += by_ms


class FakeEntropy:
    """Bytes that look random and come again with every run."""

    def __init__(self) -> None:
        self._count = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        self._count += 1
        return hashlib.shake_256(self._count.to_bytes(8, "big")).digest(size)


class FakeNotice:
    """Notes rings."""

    def __init__(self) -> None:
        self.rings: list[dict[str, int]] = []

    def ring(self, queues: Mapping[str, int]) -> None:
        """Note it."""
        if queues:
            self.rings.append(dict(queues))


class FakeVault:
    """Keys in a dict, secrets turned inside out. Implements the whole `Vault` port."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}
        self.local_keys: dict[str, bytes] = {}
        self.erased: list[str] = []

    def create(self, *, persona_id: str, tenant_id: str, source: KeySource) -> PublicKey:
        """The same key for the same id."""
        fresh = hashlib.sha256(persona_id.encode()).digest()
        return PublicKey(public_key_of(self.keys.setdefault(persona_id, source.private_key or fresh)))

    def unseal(self, *, persona_id: str, tries: Sequence[SealedKey]) -> tuple[bytes | None, ...]:
        """As the vault does; local keys are in `local_keys`."""
        key = self.keys[persona_id]
        return unseal_tries(PersonaSecret(public_key_of(key), key, self.local_keys.get(persona_id)), tries)

    def sign(self, *, persona_id: str, message: bytes) -> bytes:
        """Zeros."""
        return bytes(65)

    def erase(self, *, persona_id: str) -> None:
        """Forget it."""
        self.keys.pop(persona_id, None)
        self.erased.append(persona_id)

    def protect(self, secrets: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """Reversed, with the place in front."""
        return tuple(f"{place.table}|{place.row_id}|".encode() + secret[::-1] for place, secret in secrets)

    def reveal(self, secrets: Sequence[tuple[Place, bytes]]) -> tuple[bytes, ...]:
        """Back again; a secret from another place does not open."""
        opened = []
        for place, sealed in secrets:
            prefix = f"{place.table}|{place.row_id}|".encode()
            assert sealed.startswith(prefix), "a secret opened in another place"
            opened.append(sealed[len(prefix) :][::-1])
        return tuple(opened)
