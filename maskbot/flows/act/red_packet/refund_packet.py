"""Take back what is left of a packet when its time is over (red-packets.md 3.3). Due at the second of expiry, once.

The contract itself is asked first, on the pending block: "Not expired yet" waits a little. "None left" leaves the end to whoever
reads the events, and is asked again until they have found it: a reorganisation may give a share back, and one node may be wrong.
An ERC-721 packet has nothing to give back; the contract's right to its tokens is taken back instead.
"""

from __future__ import annotations

import structlog

from maskbot.domain.chain import BlockName, Call
from maskbot.domain.hosted_packet import HostedPacket
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.red_packet.parts import PacketMoved, PacketParts, load_packet
from maskbot.flows.decide.red_packet import OPEN, refund_of, refund_packet_now, revoke
from maskbot.ports.chain import CallReverted
from maskbot.ports.store import Work
from maskbot.wire.red_packet import encode_refund

log = structlog.get_logger()
NOT_YET = "Not expired yet"
NONE_LEFT = "None left in the red packet"
_OPEN_NFT = frozenset({"created", "published"})


def refund_packet(job: Job, *, parts: PacketParts) -> None:
    """End the packet `job.target_id`, whose time is over.

    Raises: Unavailable (the nodes are away: later), Misconfigured (wrong chain), CallReverted (refused for an unknown reason).
    """
    packet = load_packet(job, states=OPEN, parts=parts)
    if packet is None:
        return
    parts.reach("packet.refund")
    if packet.is_nft:
        _end_nft(packet, job, parts=parts)
        return
    with parts.store.read() as work:
        wallet = work.treasury.wallets.load([packet.order.wallet_id])[0]
    refusal = _simulated(packet, wallet, parts=parts)
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        found = work.packets.load(packet.id, is_locked=True)
        if found is None or found.state not in OPEN:
            raise PacketMoved("the packet has ended meanwhile")
        if refusal == NOT_YET:
            work.jobs.postpone(job, due_at_ms=now_ms + parts.rules.expiry_ms, error_kind="NotExpiredYet")
            return
        if refusal == NONE_LEFT:
            work.jobs.add([NewJob(JobKind.TRACK_PACKET, packet.id, packet.order.tenant_id, now_ms)])
            work.jobs.postpone(job, due_at_ms=now_ms + parts.rules.poll_ms, error_kind="NoneLeft")
            return
        if _is_due(found, work=work):
            refund_packet_now(found, requested_by=found.order.requested_by, work=work, now_ms=now_ms)
        work.jobs.finish([job])
        parts.reach("packet.in_transaction")
    log.info("packet.over", packet=packet.id)


def _simulated(packet: HostedPacket, wallet: Wallet, *, parts: PacketParts) -> str | None:
    """None if a refund would work now, or the one of two reasons that say something about the packet. Raises CallReverted."""
    assert packet.packet_id is not None
    call = Call(packet.contract, encode_refund(packet.packet_id), wallet.address)
    try:
        parts.chain_of(packet.order.chain_id).call(call, at=BlockName.PENDING)
    except CallReverted as error:
        if error.reason in (NOT_YET, NONE_LEFT):
            return error.reason
        raise
    return None


def _is_due(packet: HostedPacket, *, work: Work) -> bool:
    """Whether no refund is on its way."""
    before = refund_of(packet, work=work)
    return before is None or before.state in ("reverted", "rejected")


def _end_nft(packet: HostedPacket, job: Job, *, parts: PacketParts) -> None:
    newest = parts.chain_of(packet.order.chain_id).fetch_header(BlockName.LATEST)
    now_ms = parts.clock.now_ms()
    assert packet.expires_at_s is not None
    with parts.store.write() as work:
        found = work.packets.load(packet.id, is_locked=True)
        if found is None or found.state not in _OPEN_NFT:
            raise PacketMoved("the packet has ended meanwhile")
        if newest is None or newest.time_s < packet.expires_at_s:
            work.jobs.postpone(job, due_at_ms=now_ms + parts.rules.expiry_ms, error_kind="NotExpiredYet")
            return
        revoke(found, work=work, now_ms=now_ms)
        work.jobs.finish([job])
        parts.reach("packet.in_transaction")
