"""The ticket of a red packet: the packet key's signature that lets one account claim (red-packets.md, section 2.4).

The contract checks an Ethereum signed message over the 20 bytes of the claiming account, so a ticket is of use to nobody
else. It is a secret until it is used: whoever holds it and the account's key can take one share.
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.wire.crypto import keccak256, public_key_of, sign_recoverable, uncompress

ADDRESS_BYTES = 20
_PREFIX = b"\x19Ethereum Signed Message:\n20"


@dataclass(frozen=True, slots=True)
class Ticket:
    """`packet_address`: 20 bytes, the address of the packet key; `signature`: r (32), s (32), v (27 or 28)."""

    packet_address: bytes
    signature: bytes


def sign_ticket(packet_key: bytes, *, sender: bytes) -> Ticket:
    """The ticket for the account `sender` (20 bytes), signed by the packet key (32 bytes); deterministic (RFC 6979), low s.

    Raises:
        InvalidKey: the packet key is out of range.
        ValueError: the sender is not 20 bytes.
    """
    if len(sender) != ADDRESS_BYTES:
        raise ValueError(f"expected an account of 20 bytes, got {len(sender)}")
    signed = sign_recoverable(packet_key, keccak256(_PREFIX + sender))
    return Ticket(packet_address=address_of(packet_key), signature=signed[:64] + bytes([signed[64] + 27]))


def address_of(packet_key: bytes) -> bytes:
    """The Ethereum address (20 bytes) of a packet key (32 bytes).

    Raises:
        InvalidKey: the packet key is out of range.
    """
    return keccak256(uncompress(public_key_of(packet_key))[1:])[12:]
