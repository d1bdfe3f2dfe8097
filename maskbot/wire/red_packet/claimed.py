"""What a claim did, from the events of its receipt, and what a contract's refusal means (red-packets.md 2.4, 2.6, 3.2, 4.4, 4.5).

The packet's own event tells the share; what arrived is told by the token's events, since a token may keep a part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from maskbot.domain.chain import Log
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.packet_claim import Hindrance
from maskbot.domain.red_packet import PacketVersion, ShareTaken
from maskbot.wire.crypto import keccak256
from maskbot.wire.red_packet.addresses import PacketContract
from maskbot.wire.red_packet.errors import InvalidAbi
from maskbot.wire.red_packet.facts import events_of_packet
from maskbot.wire.red_packet.words import WORD, address_in

_TRANSFER = keccak256(b"Transfer(address,address,uint256)")
_LONGEST_REASON = 120
_MEANINGS = {
    "expired": Hindrance("Expired", "left", "the packet has expired"),
    "out of stock": Hindrance("OutOfStock", "lost", "all shares are taken"),
    "no available token remain": Hindrance("OutOfStock", "lost", "all tokens are taken"),
    "verification failed": Hindrance("OtherKey", "left", "the key in the post is not this packet's"),
    "already claimed": Hindrance("ClaimedBefore", "left", "this wallet has had its share"),
    "erc721: owner query for nonexistent token": Hindrance("TokenGone", "later", "the draw met a token that was burnt"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """A share that was taken: `value` as the packet tells (ERC-721: the token id), and what the token's events say arrived, None
    where they say nothing. Coins have no events: they arrive whole, or the claim fails."""

    token: Address
    value: int
    received: int | None


def share_in(logs: Iterable[Log], *, contract: PacketContract, packet_id: bytes, recipient: Address) -> Share | None:
    """The share of this packet that the recipient got by the transaction with these logs; None without the event."""
    every = tuple(logs)
    events = events_of_packet(every, contract=contract, packet_id=packet_id)
    taken = [event for event in events if isinstance(event, ShareTaken) and event.recipient == recipient]
    if not taken:
        return None
    share = taken[0]
    if contract.version is PacketVersion.NFT or share.token == NATIVE:
        return Share(share.token, share.value, share.value)
    return Share(share.token, share.value, _arrived(every, token=share.token, owner=recipient))


def meaning_of(reason: str, *, has_code: bool) -> Hindrance:
    """What a contract's refusal of a claim means. `has_code` says that coins would go to an account with code."""
    if reason.startswith("ECDSA"):
        return _MEANINGS["verification failed"]
    if not reason and has_code:
        return Hindrance(
            "RecipientHasCode",
            "left",
            "the recipient runs code that needs more than the 2300 gas a payout brings: name another",
        )
    known = _MEANINGS.get(reason.lower())
    if known is not None:
        return known
    shown = "".join(letter for letter in reason if letter.isprintable())[:_LONGEST_REASON]
    return Hindrance("ClaimRefused", "left", f"the contract refuses: {shown or 'without a reason'}")


def _arrived(logs: Iterable[Log], *, token: Address, owner: Address) -> int | None:
    moved: list[int] = []
    for log in logs:
        if log.address != token or len(log.topics) != 3 or log.topics[0] != _TRANSFER or len(log.data) != WORD:
            continue
        amount = int.from_bytes(log.data, "big")
        try:
            sender, receiver = address_in(log.topics[1]), address_in(log.topics[2])
        except InvalidAbi:
            continue
        moved.append(amount * ((receiver == owner) - (sender == owner)))
    return max(0, sum(moved)) if moved else None
