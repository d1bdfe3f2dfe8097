"""Calls to the contracts we write to: v4 and the ERC-721 packet (red-packets.md 2.1, 4.1). Readers decode the same bytes.

Amounts are base units, `duration_s` seconds, `seed` 32 fresh random bytes (only uniqueness matters), `packet_address` the
address of the packet key. Values are checked as the contract checks them: an existing call is one it takes in principle.
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.money import NATIVE, Address
from maskbot.domain.red_packet import LARGEST_TOTAL, PACKET_ID_BYTES, PacketVersion
from maskbot.wire.red_packet.abi import decode_call, encode_call, selector_of
from maskbot.wire.red_packet.errors import InvalidAbi

CREATE = "create_red_packet(address,uint256,bool,uint256,bytes32,string,string,uint256,address,uint256)"
CREATE_NFT = "create_red_packet(address,uint64,bytes32,string,string,address,uint256[])"
CLAIM = "claim(bytes32,bytes,address)"
CHECK = "check_availability(bytes32)"
REFUND = "refund(bytes32)"
GAS_PAYER = "gasPayer()"
CHECK_OWNERSHIP = "check_ownership(uint256[],address)"
REMAINING_IDS = "check_erc721_remain_ids(bytes32)"
MOST_IDS = 256
_LONGEST_DURATION_S = 2**32 - 1
_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class CreateCall:
    """Creates a v4 packet. With the native coin, send exactly `total` along: a surplus would stay in the contract."""

    packet_address: Address
    shares: int
    is_random: bool
    duration_s: int
    seed: bytes
    message: str
    name: str
    token: Address
    total: int

    def __post_init__(self) -> None:
        if not 1 <= self.shares <= self.total <= LARGEST_TOTAL:
            raise ValueError("expected 1 <= shares <= total < 2^96")
        if not 0 <= self.duration_s <= _LONGEST_DURATION_S or len(self.seed) != _SEED_BYTES:
            raise ValueError("expected a duration below 2^32 seconds and a seed of 32 bytes")

    @property
    def value_wei(self) -> int:
        """The coins to send along."""
        return self.total if self.token == NATIVE else 0

    def encode(self) -> bytes:
        """The call data."""
        head = (self.packet_address, self.shares, self.is_random, self.duration_s, self.seed, self.message, self.name)
        return encode_call(CREATE, (*head, int(self.token != NATIVE), self.token, self.total))


def decode_create(data: bytes) -> CreateCall:
    """Read a v4 creation. A token address in a native packet is shown as the native coin, which is what it holds (2.3).

    Raises:
        InvalidAbi: no such call, or values that the contract refuses.
    """
    key, shares, is_random, duration_s, seed, message, name, token_type, token, total = decode_call(CREATE, data)
    if token_type > 1 or (token_type == 1 and token == NATIVE):
        raise InvalidAbi("expected token type 0 (native) or 1 (ERC-20, with its address)")
    asset = NATIVE if token_type == 0 else Address(token)
    try:
        return CreateCall(Address(key), shares, is_random, duration_s, seed, message, name, asset, total)
    except ValueError as error:
        raise InvalidAbi(str(error)) from error


@dataclass(frozen=True, slots=True)
class CreateNftCall:
    """Creates an ERC-721 packet; the tokens stay with their owner, who approves the contract for all (4.3)."""

    packet_address: Address
    duration_s: int
    seed: bytes
    message: str
    name: str
    collection: Address
    ids: tuple[int, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.ids) <= MOST_IDS or len(set(self.ids)) != len(self.ids):
            raise ValueError(f"expected 1 to {MOST_IDS} different ids")
        if 0 in self.ids:
            raise ValueError("token id 0 breaks a packet: who draws it may claim again")
        if not 0 <= self.duration_s <= _LONGEST_DURATION_S or len(self.seed) != _SEED_BYTES:
            raise ValueError("expected a duration below 2^32 seconds and a seed of 32 bytes")

    def encode(self) -> bytes:
        """The call data."""
        head = (self.packet_address, self.duration_s, self.seed, self.message, self.name)
        return encode_call(CREATE_NFT, (*head, self.collection, self.ids))


@dataclass(frozen=True, slots=True)
class ClaimCall:
    """Claims one share. `signature` is a ticket's; it is worth a share until it is used, so it is not shown."""

    packet_id: bytes
    signature: bytes
    recipient: Address

    def encode(self) -> bytes:
        """The call data, the same for v4 and the ERC-721 packet."""
        return encode_call(CLAIM, (self.packet_id, self.signature, self.recipient))

    def __repr__(self) -> str:
        return f"ClaimCall(packet_id={self.packet_id.hex()}, signature=***, recipient={self.recipient.hex()})"


def decode_claim(data: bytes) -> ClaimCall:
    """Read a claim. Raises InvalidAbi."""
    packet_id, signature, recipient = decode_call(CLAIM, data)
    return ClaimCall(packet_id, signature, Address(recipient))


def encode_refund(packet_id: bytes) -> bytes:
    """The call that returns the rest to the creator, after expiry (v1 to v4)."""
    return encode_call(REFUND, (_checked(packet_id),))


def decode_refund(data: bytes) -> bytes:
    """The packet id of a refund. Raises InvalidAbi."""
    return bytes(decode_call(REFUND, data)[0])


def encode_check(packet_id: bytes) -> bytes:
    """The question for a packet's state; ask it *as* the account that wants to know what it has taken. One selector for all
    versions: the address decides how the answer is decoded."""
    return encode_call(CHECK, (_checked(packet_id),))


def encode_gas_payer() -> bytes:
    """The question that only builds since December 2024 answer (2.9)."""
    return selector_of(GAS_PAYER)


def encode_check_ownership(ids: tuple[int, ...], *, collection: Address) -> bytes:
    """Whether the caller owns all these tokens (4.1)."""
    return encode_call(CHECK_OWNERSHIP, (ids, collection))


def most_shares(*, answers_gas_payer: bool, is_known_500: bool = False) -> int:
    """How many shares to dare: 255 unless the build is known to take 500; an answer to `gasPayer` alone does not prove it (2.9)."""
    return 500 if answers_gas_payer and is_known_500 else 255


def creation_signature(version: PacketVersion) -> str:
    """The creation that a version has. Raises ValueError for versions we do not create."""
    if version is PacketVersion.V4:
        return CREATE
    if version is PacketVersion.NFT:
        return CREATE_NFT
    raise ValueError("versions 1 to 3 are read, never created")


def creation_selector(version: PacketVersion) -> bytes:
    """The 4 bytes that a policy lists to allow creations. Raises ValueError for versions we do not create."""
    return selector_of(creation_signature(version))


def refund_selector() -> bytes:
    """The 4 bytes that a policy lists to allow refunds."""
    return selector_of(REFUND)


def _checked(packet_id: bytes) -> bytes:
    if len(packet_id) != PACKET_ID_BYTES:
        raise ValueError(f"a packet id is {PACKET_ID_BYTES} bytes")
    return packet_id
