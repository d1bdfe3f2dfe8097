"""What people ask about red packets by mention, and what the answer must know: parts of `domain.request`, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.money import Address
from maskbot.domain.red_packet import PacketState, PacketVersion


@dataclass(frozen=True, slots=True)
class PacketNeed:
    """A packet as its chain shows it. `tx_hash` and `created_at_s` are a post's word on its creation, and lead to it at most."""

    chain_id: int
    version: PacketVersion
    packet_id: bytes
    tx_hash: bytes | None = None
    created_at_s: int | None = None


@dataclass(frozen=True, slots=True)
class PacketFact:
    """A packet at one block. `rest` and `total` are base units (ERC-721: tokens); `total` and `expires_at_s` are None when the
    creation was not found. `symbol` and `decimals` are the token's own word, `coin` and `chain_name` our chains file's."""

    state: PacketState
    shares: int
    left: int
    rest: int
    token: Address
    chain_name: str
    coin: str
    total: int | None = None
    expires_at_s: int | None = None
    is_random: bool | None = None
    symbol: str | None = None
    decimals: int | None = None
