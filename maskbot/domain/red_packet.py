"""Red packets as values: their versions, what a reader knows of one, and what can be done with it.

Source: red-packets.md 1 to 4 and 7. Amounts are base units, times Unix seconds (`_s`). The standard library only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.money import Address

MOST_SHARES = 255
"""What every build takes; newer ones take 500 (section 2.9)."""
LARGEST_TOTAL = 2**96 - 1
LATEST_S = 2**32 - 1
PACKET_ID_BYTES = 32


class PacketVersion(StrEnum):
    """Which contract a packet lies in. Only v4 and the ERC-721 one are created with; v1 to v3 are read."""

    V1 = "1"
    V2 = "2"
    V3 = "3"
    V4 = "4"
    NFT = "nft"

    @property
    def is_creatable(self) -> bool:
        """Whether we make new ones: older versions put the password in clear into a claim (section 1, rule 1)."""
        return self in (PacketVersion.V4, PacketVersion.NFT)

    @property
    def warning(self) -> str | None:
        """What to say of a packet of this version, None if nothing."""
        if self is PacketVersion.V1:
            return "version 1: anybody can empty this contract, and whoever sees one claim can use its password"
        if self in (PacketVersion.V2, PacketVersion.V3):
            return f"version {self.value}: whoever sees one claim on the chain can use its password"
        return None


class PacketState(StrEnum):
    """What becomes of a packet. `unknown` also means a refunded packet of v2 or v3, which leave no trace in the state."""

    UNKNOWN = "unknown"
    OPEN = "open"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    REFUNDED = "refunded"


@dataclass(frozen=True, slots=True)
class PacketReference:
    """Where a packet is. The contract is not part of it: it comes from our own table, by chain and version."""

    chain_id: int
    version: PacketVersion
    packet_id: bytes

    def __post_init__(self) -> None:
        if len(self.packet_id) != PACKET_ID_BYTES:
            raise ValueError(f"a packet id is {PACKET_ID_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class Availability:
    """What the contract tells one caller. `rest` is base units (fungible) or ids left (ERC-721, may overstate).

    `has_expired` is the contract's own word, which is late by one second. `claimed_by_caller` is what the caller took: base units,
    an id (ERC-721; 0 may also mean nothing), or for v1 just 1. `gone` has bit i set when ids[i] is gone (ERC-721).
    """

    token: Address
    rest: int
    shares: int
    claimed: int
    has_expired: bool
    claimed_by_caller: int
    gone: int = 0

    @property
    def is_unknown(self) -> bool:
        """Whether the contract does not know the id (or, v2 and v3, forgot it at its refund)."""
        return self.shares == 0


@dataclass(frozen=True, slots=True)
class Creation:
    """A creation event. `total` is what really arrived, the one to believe. `is_random`, `shares` and `duration_s` are None in v1
    and v2, `message` and `name` in v1, whose events have no such fields; `token_ids` are those of an ERC-721 packet."""

    packet_id: bytes
    creator: Address
    total: int
    created_at_s: int
    token: Address
    name: str | None = None
    message: str | None = None
    shares: int | None = None
    is_random: bool | None = None
    duration_s: int | None = None
    token_ids: tuple[int, ...] = ()

    @property
    def expires_at_s(self) -> int | None:
        """The second from which claims fail and the refund works. None where the event does not say, or tells of a time beyond the
        32 bits that contracts keep (an ERC-721 packet's wraps then: 4.5 f)."""
        if self.duration_s is None or self.created_at_s + self.duration_s > LATEST_S:
            return None
        return self.created_at_s + self.duration_s


@dataclass(frozen=True, slots=True)
class ShareTaken:
    """A claim event. `recipient` is who was paid (the event calls it claimer); a fee token pays less than `value`. For an ERC-721
    packet `value` is the token id."""

    packet_id: bytes
    recipient: Address
    value: int
    token: Address


@dataclass(frozen=True, slots=True)
class RestReturned:
    """A refund event."""

    packet_id: bytes
    token: Address
    value: int


PacketEvent = Creation | ShareTaken | RestReturned


@dataclass(frozen=True, slots=True)
class RedPacket:
    """All that is known of one packet at one block. `creation` is None when its event was not found."""

    reference: PacketReference
    contract: Address
    availability: Availability
    creation: Creation | None
    claims: tuple[ShareTaken, ...]
    refund: RestReturned | None
    block_time_s: int

    @property
    def state(self) -> PacketState:
        """What has become of it, by the block's clock (the contract's own `expired` is one second late)."""
        known = self.availability
        if self.refund is not None:
            return PacketState.REFUNDED
        if known.is_unknown:
            return PacketState.UNKNOWN
        if known.claimed >= known.shares or (self.is_nft and known.rest == 0):
            return PacketState.EXHAUSTED
        if known.rest == 0:
            return PacketState.REFUNDED
        return PacketState.EXPIRED if self.has_expired else PacketState.OPEN

    @property
    def is_nft(self) -> bool:
        """Whether its shares are ERC-721 tokens."""
        return self.reference.version is PacketVersion.NFT

    @property
    def has_expired(self) -> bool:
        """Whether a claim in the next block would be refused as expired."""
        expiry = self.creation.expires_at_s if self.creation is not None else None
        return self.availability.has_expired or (expiry is not None and expiry <= self.block_time_s)

    @property
    def unaccounted(self) -> int | None:
        """Base units that the events do not explain: 0 when created = taken + returned + rest; None for an ERC-721 packet, or
        without the creation event. Anything else means that events are missing."""
        if self.creation is None or self.is_nft:
            return None
        returned = 0 if self.refund is None else self.refund.value
        return self.creation.total - sum(claim.value for claim in self.claims) - returned - self.availability.rest

    @property
    def shares_left(self) -> int:
        """Shares not yet taken."""
        return self.availability.shares - self.availability.claimed
