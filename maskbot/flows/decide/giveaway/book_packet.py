"""Book what became of a packet of prizes: paid when a share is taken for good, forfeited when nobody took it in time.

A share that went to the address a winner entered with is that winner's. Winners may also claim with another account: which of them
did cannot be seen on the chain, so such shares are booked when the packet is over, by rank; the sums are right either way, as all
shares are equal. Prizes are owed again when the packet was never created, or never reached a platform.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maskbot.domain.giveaway import Giveaway, Prize
from maskbot.domain.hosted_packet import HostedPacket, PacketShare
from maskbot.flows.decide.giveaway.announce import announce, public_name
from maskbot.ports.store import Work


def book_packet(giveaway: Giveaway, prizes: Sequence[Prize], packet: HostedPacket, *, work: Work, now_ms: int) -> None:
    """`prizes` are all that the packet carries, paid ones too."""
    waiting = [prize for prize in prizes if prize.state == "paying"]
    if packet.state == "published":
        name, count = public_name(giveaway), len(prizes)
        text = (
            f"Giveaway {name}: {count} prizes wait in a red packet that only the winners can open. Take yours in time."
        )
        announce(giveaway, step=f"packet:{packet.id}", text=text, work=work, now_ms=now_ms)
    shares = _not_booked(prizes, [share for share in work.packet_shares.load(packet.id) if share.is_final])
    for share in list(shares):
        match = next((prize for prize in waiting if prize.address == share.recipient), None)
        if match is not None:
            waiting.remove(match)
            shares.remove(share)
            work.prizes.move(giveaway.id, replace(match, tx_hash=share.tx_hash), after="paid")
    if not packet.has_ended:
        return
    for prize, share in zip(waiting, shares, strict=False):
        work.prizes.move(giveaway.id, replace(prize, tx_hash=share.tx_hash), after="paid")
    after = "forfeited" if _was_posted(packet, work=work) else "owed"
    for prize in waiting[len(shares) :]:
        work.prizes.move(giveaway.id, prize, after=after)


def _not_booked(prizes: Sequence[Prize], shares: list[PacketShare]) -> list[PacketShare]:
    """The shares that have paid no prize yet: one for each paid prize is left out (a transaction may take several)."""
    left = list(shares)
    for prize in prizes:
        if prize.state != "paid":
            continue
        same = [share for share in left if share.tx_hash == prize.tx_hash]
        if same:
            left.remove(next((share for share in same if share.recipient == prize.address), same[0]))
    return left


def _was_posted(packet: HostedPacket, *, work: Work) -> bool:
    """Whether any platform has shown the post."""
    if packet.broadcast_id is None:
        return False
    deliveries = work.deliveries.load(work.broadcasts.deliveries(packet.broadcast_id)).values()
    return any(delivery.state in ("sent", "deleted") for delivery in deliveries)
