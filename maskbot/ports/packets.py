"""Ports of the red packets that we create: their rows in one unit of work (red-packets.md 3; reliability.md C.2, C.5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from maskbot.domain.hosted_packet import HostedPacket, PacketShare
from maskbot.domain.money import Address


class RedPackets(Protocol):
    """Packets that we create. Their order is written once."""

    def add(self, packet: HostedPacket, *, now_ms: int) -> None:
        """Record a packet. A second one for the same order of a tenant is Refused (AlreadyThere)."""
        ...

    def load(self, packet_id: str, *, is_locked: bool = False) -> HostedPacket | None:
        """One packet by its row's id; with `is_locked` nobody else changes it until the end of the transaction."""
        ...

    def find(self, *, tenant_id: str, order_key: str) -> HostedPacket | None:
        """The packet of an order."""
        ...

    def of_tenant(
        self, tenant_id: str, *, states: Collection[str] | None = None, limit: int = 1000
    ) -> tuple[HostedPacket, ...]:
        """The tenant's packets, newest first."""
        ...

    def move(self, packet: HostedPacket, *, after: str, now_ms: int) -> HostedPacket:
        """Change the state from `packet.state` (or keep it), and with it all that is known of the packet; the packet as it is then.
        Raises Refused (IllegalMove) if it is not in that state, or the move is none."""
        ...


class PacketShares(Protocol):
    """Shares that were taken, by packet."""

    def replace_after(self, packet_id: str, *, block: int, shares: Sequence[PacketShare]) -> None:
        """Forget the shares above a block, and record these instead: what is not final may be told otherwise later."""
        ...

    def load(self, packet_id: str) -> tuple[PacketShare, ...]:
        """The shares in the order of the chain."""
        ...


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """How a trusted contract looked: `gas_payer` None for builds before December 2024, `logic` what its proxy runs (None without
    a proxy)."""

    chain_id: int
    address: Address
    gas_payer: Address | None
    logic: Address | None


class PacketContracts(Protocol):
    """How the contracts looked when they were last used."""

    def note(self, facts: ContractFacts, *, now_ms: int) -> ContractFacts | None:
        """Remember the facts; those that were known before, None the first time."""
        ...
