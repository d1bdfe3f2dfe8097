"""What a packet does next, decided from its row and what was seen on the chain, in the caller's transaction.

draft -> (approving) -> creating -> created; everything a step plans is a payment that is unique for ever, so deciding again changes
nothing. Source: red-packets.md 3.1, 4.3; reliability.md C.3 (8).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from maskbot.domain.hosted_packet import CLAIMING_ALLOWANCE, HostedPacket, NftShares
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.red_packet import Creation
from maskbot.domain.transaction import Intent
from maskbot.flows.decide.red_packet.payments import plan_allowance, plan_creation, plan_reset, plan_revocation
from maskbot.ports.store import Work

NODES_LAG_MS = 10 * 60_000
"""So long a node may not know yet what is final by the word of others."""
_NEVER = frozenset({"reverted", "rejected"})
_NEEDING = frozenset({"approving", "creating", "created", "published"})


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the contract may take of the wallet's token: base units, or for a collection 1 for all and 0 for none."""

    units: int


def prepare(packet: HostedPacket, seen: Allowance | None, *, work: Work, now_ms: int) -> HostedPacket | None:
    """Plan the creation, or the allowance that it needs first; `seen` is None for coins. None: it has to wait, for
    another packet to go first, or for a node to see an allowance that is final.

    `packet` is locked, and in `draft` or `approving`.
    """
    contents = packet.order.contents
    if seen is None:
        return _create(packet, work=work, now_ms=now_ms)
    work.treasury.wallets.lock(packet.order.wallet_id)
    if packet.state == "draft" and _is_taken(packet, work=work):
        return None
    wanted = 1 if isinstance(contents, NftShares) else contents.total
    if seen.units == wanted:
        return _create(packet, work=work, now_ms=now_ms)
    if seen.units and not isinstance(contents, NftShares):
        intent = plan_reset(packet, contents=contents, work=work, now_ms=now_ms)
    else:
        intent = plan_allowance(packet, work=work, now_ms=now_ms)
    if intent.state in _NEVER:
        return _failed(packet, error_kind=intent.error_kind or "AllowanceFailed", work=work, now_ms=now_ms)
    if intent.state == "final" and now_ms - intent.updated_at_ms < NODES_LAG_MS:
        return None
    if intent.state == "final":  # it has been given, and the token says otherwise
        return _failed(packet, error_kind="AllowanceRefused", work=work, now_ms=now_ms)
    return work.packets.move(packet, after="approving", now_ms=now_ms)


def note_creation(
    packet: HostedPacket, creation: Creation, *, tx_hash: bytes, block: int, poll_ms: int, work: Work, now_ms: int
) -> HostedPacket:
    """The creation is final: remember what the event says, and add the jobs that publish, follow and end the packet."""
    assert creation.duration_s is not None
    expires_at_s = creation.created_at_s + creation.duration_s
    is_short = packet.order.needs_whole_total and creation.total != packet.order.contents.total
    created = work.packets.move(
        replace(
            packet,
            packet_id=creation.packet_id,
            total=creation.total,
            rest=creation.total,
            created_at_s=creation.created_at_s,
            expires_at_s=expires_at_s,
            tx_hash=tx_hash,
            block=block,
            read_to=block - 1,
            error_kind="LessArrived" if is_short else None,
        ),
        after="created",
        now_ms=now_ms,
    )
    due = {JobKind.TRACK_PACKET: now_ms + poll_ms, JobKind.REFUND_PACKET: expires_at_s * 1000}
    if created.order.publication is not None and not is_short:
        due[JobKind.PUBLISH_PACKET] = now_ms
    work.jobs.add([NewJob(kind, created.id, created.order.tenant_id, due_at_ms) for kind, due_at_ms in due.items()])
    tell(created, work=work, now_ms=now_ms)
    return created


def fail(packet: HostedPacket, *, error_kind: str, work: Work, now_ms: int) -> HostedPacket:
    """The packet will never be created. A collection that the contract may move is taken back from it first."""
    if packet.is_nft and packet.state != "draft":
        return revoke(replace(packet, error_kind=error_kind), work=work, now_ms=now_ms)
    return _failed(packet, error_kind=error_kind, work=work, now_ms=now_ms)


def revoke(packet: HostedPacket, *, work: Work, now_ms: int) -> HostedPacket:
    """An ERC-721 packet has ended: take the contract's right back, unless another open packet of the collection needs it."""
    contents = packet.order.contents
    assert isinstance(contents, NftShares)
    work.treasury.wallets.lock(packet.order.wallet_id)
    moved = work.packets.move(packet, after="revoking", now_ms=now_ms)
    others = work.packets.of_tenant(packet.order.tenant_id, states=_NEEDING)
    if any(other.is_about(packet) and other.id != packet.id for other in others):
        return end_nft(moved, work=work, now_ms=now_ms)
    intent = plan_revocation(moved, contents=contents, work=work, now_ms=now_ms)
    return end_if_revoked(moved, intent, work=work, now_ms=now_ms)


def end_if_revoked(packet: HostedPacket, intent: Intent, *, work: Work, now_ms: int) -> HostedPacket:
    """End a packet whose revocation has ended; one that failed is told, for a person to look at."""
    if intent.state == "final":
        return end_nft(packet, work=work, now_ms=now_ms)
    if intent.state in _NEVER:
        return end_nft(replace(packet, error_kind="StillApproved"), work=work, now_ms=now_ms)
    return packet


def end_nft(packet: HostedPacket, *, work: Work, now_ms: int) -> HostedPacket:
    """The last state of an ERC-721 packet: never created, all taken, or over with tokens left."""
    after = "failed" if packet.packet_id is None else "expired" if packet.rest else "exhausted"
    ended = work.packets.move(packet, after=after, now_ms=now_ms)
    tell(ended, work=work, now_ms=now_ms)
    return ended


def tell(packet: HostedPacket, *, work: Work, now_ms: int) -> None:
    """Add the job of whoever waits for this packet."""
    followup = packet.order.followup
    if followup is not None:
        work.jobs.add([NewJob(followup.kind, followup.target_id, packet.order.tenant_id, now_ms)])


def _failed(packet: HostedPacket, *, error_kind: str, work: Work, now_ms: int) -> HostedPacket:
    failed = work.packets.move(replace(packet, error_kind=error_kind), after="failed", now_ms=now_ms)
    tell(failed, work=work, now_ms=now_ms)
    return failed


def _create(packet: HostedPacket, *, work: Work, now_ms: int) -> HostedPacket:
    plan_creation(packet, work=work, now_ms=now_ms)
    return work.packets.move(packet, after="creating", now_ms=now_ms)


def _is_taken(packet: HostedPacket, *, work: Work) -> bool:
    busy = work.packets.of_tenant(packet.order.tenant_id, states=CLAIMING_ALLOWANCE)
    return any(other.is_about(packet) and other.id != packet.id for other in busy)
