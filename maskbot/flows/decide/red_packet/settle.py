"""What the chain tells of a created packet becomes its record, and its end (red-packets.md 3.3, 3.4; reliability.md C.3 8).

Only what is final ends a packet or counts for good; younger claims are shown, and are read again each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from maskbot.domain.errors import Refused
from maskbot.domain.hosted_packet import HostedPacket, PacketShare, packet_books
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.transaction import Intent
from maskbot.flows.decide.red_packet.payments import plan_packet_refund
from maskbot.flows.decide.red_packet.steps import revoke, tell
from maskbot.ports.store import Work

OPEN = frozenset({"created", "published", "refunding"})


class NotRefundable(Refused):
    """There is nothing to take back (yet)."""

    kind = "NotRefundable"


@dataclass(frozen=True, slots=True)
class Sight:
    """What the events above the packet's `read_to` say, up to `read_to` for good. `rest` is what the contract has left at the end
    of them, None when not everything was read; `refunded` what a refund returned, None without one."""

    shares: tuple[PacketShare, ...]
    read_to: int
    rest: int | None
    refunded: int | None
    is_refund_final: bool


def record_sight(packet: HostedPacket, sight: Sight, *, work: Work, now_ms: int) -> HostedPacket:
    """Record what was seen, and end the packet if it has ended. `packet` is locked, and `sight` began at its `read_to`."""
    assert packet.read_to is not None
    before = work.packet_shares.load(packet.id)
    work.packet_shares.replace_after(packet.id, block=packet.read_to, shares=sight.shares)
    shares = work.packet_shares.load(packet.id)
    seen = replace(
        packet,
        read_to=max(packet.read_to, sight.read_to),
        rest=packet.rest if sight.rest is None else sight.rest,
        refunded=sight.refunded or 0,
    )
    seen = _judged(seen, shares, is_whole=sight.rest is not None)
    ended = _end(seen, shares, has_refund=sight.is_refund_final, work=work, now_ms=now_ms)
    if ended is None:
        ended = work.packets.move(seen, after=seen.state, now_ms=now_ms)
    if shares != before or ended.state != packet.state:
        tell(ended, work=work, now_ms=now_ms)
    return ended


def refund_packet_now(packet: HostedPacket, *, requested_by: str, work: Work, now_ms: int) -> HostedPacket:
    """Plan the payment that takes the rest back; the chain has said that it would work. `packet` is locked, and open."""
    intent = plan_packet_refund(packet, requested_by=requested_by, work=work, now_ms=now_ms)
    return work.packets.move(replace(packet, refund_id=intent.id, error_kind=None), after="refunding", now_ms=now_ms)


def ask_for_refund(packet_id: str, *, work: Work, now_ms: int) -> HostedPacket:
    """Let the rest be taken back now, by the job that does it at expiry; a refund that failed for good is planned anew.

    Raises:
        NotRefundable: it is open still, has ended, was never created, or its refund is on its way. Refused (NoSuchRow).
    """
    packet = work.packets.load(packet_id, is_locked=True)
    if packet is None:
        raise Refused(f"no red packet {packet_id}", kind="NoSuchRow")
    if packet.is_nft:
        raise NotRefundable("the tokens of an ERC-721 packet never left the wallet")
    if packet.state not in OPEN or packet.expires_at_s is None:
        raise NotRefundable(f"the packet is {packet.state}: there is nothing to take back")
    if now_ms < packet.expires_at_s * 1000:
        raise NotRefundable("the packet is open: what is left can be taken back when its time is over")
    intent = refund_of(packet, work=work)
    if intent is not None and intent.state not in ("reverted", "rejected"):
        raise NotRefundable(f"the refund is on its way: payment {intent.id} is {intent.state}")
    work.jobs.add([NewJob(JobKind.REFUND_PACKET, packet.id, packet.order.tenant_id, now_ms)])
    return packet


def refund_of(packet: HostedPacket, *, work: Work) -> Intent | None:
    """The payment that takes the rest back, if there is one."""
    return None if packet.refund_id is None else work.treasury.intents.load([packet.refund_id]).get(packet.refund_id)


def _judged(packet: HostedPacket, shares: Sequence[PacketShare], *, is_whole: bool) -> HostedPacket:
    """Note when the events do not add up to what the contract has left (ERC-721: tokens may have been sold, so nothing follows)."""
    if packet.is_nft or not is_whole:
        return packet
    is_odd = packet_books(packet, shares).unexplained != 0
    if is_odd:
        return replace(packet, error_kind="EventsMissing")
    return replace(packet, error_kind=None) if packet.error_kind == "EventsMissing" else packet


def _end(
    packet: HostedPacket, shares: Sequence[PacketShare], *, has_refund: bool, work: Work, now_ms: int
) -> HostedPacket | None:
    if has_refund:
        return work.packets.move(replace(packet, rest=0), after="refunded", now_ms=now_ms)
    taken = sum(share.is_final for share in shares)
    if taken >= packet.order.contents.shares:
        if packet.is_nft:
            return revoke(packet, work=work, now_ms=now_ms)
        return work.packets.move(packet, after="exhausted", now_ms=now_ms)
    return None
