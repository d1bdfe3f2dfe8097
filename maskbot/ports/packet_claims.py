"""Ports of shares that we take from other people's red packets: the rows of one unit of work (red-packets.md 3.2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from maskbot.domain.money import Address
from maskbot.domain.packet_claim import ClaimFloor, PacketClaim, PersonaWallet


class PacketClaims(Protocol):
    """Shares to take, taken and left."""

    def add(self, claim: PacketClaim, *, now_ms: int) -> bool:
        """Record a claim; False if there is one of this chain, version, packet and wallet already."""
        ...

    def load(self, claim_id: str, *, is_locked: bool = False) -> PacketClaim | None:
        """One claim; with `is_locked` nobody else changes it until the end of the transaction."""
        ...

    def find(self, *, wallet_id: str, packet_id: bytes) -> tuple[PacketClaim, ...]:
        """The claims of a packet (by its 32 bytes) with a wallet."""
        ...

    def of_tenant(
        self, tenant_id: str, *, states: Collection[str] | None = None, limit: int = 100
    ) -> tuple[PacketClaim, ...]:
        """The tenant's claims, newest first."""
        ...

    def move(self, claim: PacketClaim, *, after: str, now_ms: int) -> PacketClaim:
        """Change the state from `claim.state` (or keep it), and with it all that was learnt; the claim as it is then. Raises
        Refused (IllegalMove) if it is not in that state, or the move is none."""
        ...


class ClaimRules(Protocol):
    """Which wallets take shares for which personas, and what is worth taking."""

    def link(self, link: PersonaWallet) -> None:
        """Set the wallet of a persona on the wallet's chain; a former one is replaced."""
        ...

    def unlink(self, persona_id: str, *, wallet_id: str) -> bool:
        """Take the wallet away from the persona; False if it had not that one."""
        ...

    def wallets_of(self, persona_ids: Sequence[str]) -> tuple[PersonaWallet, ...]:
        """The wallets of these personas, by persona and chain."""
        ...

    def set_floor(self, wallet_id: str, floor: ClaimFloor) -> None:
        """Say what shares of a token are worth to a wallet."""
        ...

    def floors(self, wallet_id: str) -> dict[Address, ClaimFloor]:
        """What was said, by token."""
        ...
