"""Take a packet a step towards its creation: look at the contract, the token and the payments, and record what follows.

Source: red-packets.md 2.8, 2.9, 3.1, 4.3. What is wrong with an order shows here, before anything is paid: a contract that is not
there, a token that is none, an id that somebody else owns.
"""

from __future__ import annotations

import structlog

from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.hosted_packet import HostedPacket, NftShares
from maskbot.domain.job import Job
from maskbot.domain.red_packet import Creation
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.red_packet.look import look_at_contract, look_at_token
from maskbot.flows.act.red_packet.parts import PacketMoved, PacketParts, load_packet
from maskbot.flows.decide.payment import final_hash
from maskbot.flows.decide.red_packet import end_if_revoked, fail, note_creation, prepare
from maskbot.flows.decide.red_packet.payments import plan_creation, plan_revocation
from maskbot.ports.chain import ChainNode, NodeAnswerMalformed, NodesDisagree
from maskbot.wire.red_packet import PacketContract, events_of_packet

log = structlog.get_logger()
_BEFORE = frozenset({"draft", "approving"})
_WAITING = frozenset({"creating", "revoking"})


def advance_packet(job: Job, *, parts: PacketParts) -> None:
    """Take the packet `job.target_id` on, as far as it goes now; its payments add the job again when they have ended.

    Raises: Unavailable (the nodes are away: later), Misconfigured (wrong chain), Malformed (a creation without its event).
    """
    packet = load_packet(job, states=_BEFORE | _WAITING, parts=parts)
    if packet is None:
        return
    with parts.store.read() as work:
        wallet = work.treasury.wallets.load([packet.order.wallet_id])[0]
    parts.reach("packet.advance")
    if packet.state in _BEFORE:
        _prepare(packet, wallet, job, parts=parts)
    elif packet.state == "creating":
        _note_creation(packet, wallet, job, parts=parts)
    else:
        _note_revocation(packet, job, parts=parts)
    parts.reach("packet.advanced")


def _prepare(packet: HostedPacket, wallet: Wallet, job: Job, *, parts: PacketParts) -> None:
    chain = parts.chain_of(packet.order.chain_id)
    now_ms = parts.clock.now_ms()
    try:
        facts = look_at_contract(packet, contracts=parts.contracts, chain=chain)
        seen = look_at_token(packet, wallet, chain=chain)
    except NodeAnswerMalformed:
        raise  # a node's fault, not the order's
    except (Refused, Malformed) as error:
        with parts.store.write() as work:
            locked = _locked(packet, work.packets.load(packet.id, is_locked=True))
            fail(locked, error_kind=error.kind, work=work, now_ms=now_ms)
            work.jobs.finish([job])
        log.warning("packet.refused", packet=packet.id, error=error.kind)
        return
    with parts.store.write() as work:
        before = work.packet_contracts.note(facts, now_ms=now_ms)
        locked = _locked(packet, work.packets.load(packet.id, is_locked=True))
        moved = prepare(locked, seen, work=work, now_ms=now_ms)
        if moved is None:
            work.jobs.postpone(job, due_at_ms=now_ms + parts.rules.poll_ms, error_kind="AllowanceAwaited")
        else:
            work.jobs.finish([job])
        parts.reach("packet.in_transaction")
    if before is not None and before != facts:
        log.warning("packet.contract_changed", chain_id=facts.chain_id, contract=facts.address.hex())


def _note_creation(packet: HostedPacket, wallet: Wallet, job: Job, *, parts: PacketParts) -> None:
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        locked = _locked(packet, work.packets.load(packet.id, is_locked=True))
        intent = plan_creation(packet, work=work, now_ms=now_ms)  # the one that is there
        tx_hash = None if intent.state != "final" else final_hash(intent, work=work)
        if intent.state in ("reverted", "rejected"):
            fail(locked, error_kind=intent.error_kind or intent.state, work=work, now_ms=now_ms)
        if tx_hash is None:
            work.jobs.finish([job])
            return
    creation, block = _creation_event(packet, wallet, tx_hash=tx_hash, chain=parts.chain_of(packet.order.chain_id))
    parts.reach("packet.creation_seen")
    with parts.store.write() as work:
        locked = _locked(packet, work.packets.load(packet.id, is_locked=True))
        note_creation(
            locked, creation, tx_hash=tx_hash, block=block, poll_ms=parts.rules.poll_ms, work=work, now_ms=now_ms
        )
        work.jobs.finish([job])
        parts.reach("packet.in_transaction")
    log.info("packet.created", packet=packet.id)


def _creation_event(packet: HostedPacket, wallet: Wallet, *, tx_hash: bytes, chain: ChainNode) -> tuple[Creation, int]:
    """The one creation event of our wallet in the receipt, from this very contract (3.1, 5)."""
    inclusion = chain.fetch_inclusion(tx_hash)
    if inclusion is None:
        raise NodesDisagree("the creation is final, and the nodes do not show it")
    contract = PacketContract(packet.order.chain_id, packet.order.contents.version, packet.contract)
    events = events_of_packet(inclusion.receipt.logs, contract=contract)
    found = [one for one in events if isinstance(one, Creation) and one.creator == wallet.address]
    if len(found) != 1:
        raise Malformed(f"expected one creation in the receipt, got {len(found)}", kind="NoCreationEvent")
    return found[0], inclusion.receipt.block_number


def _note_revocation(packet: HostedPacket, job: Job, *, parts: PacketParts) -> None:
    contents = packet.order.contents
    assert isinstance(contents, NftShares)
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        locked = _locked(packet, work.packets.load(packet.id, is_locked=True))
        intent = plan_revocation(locked, contents=contents, work=work, now_ms=now_ms)
        end_if_revoked(locked, intent, work=work, now_ms=now_ms)
        work.jobs.finish([job])


def _locked(packet: HostedPacket, found: HostedPacket | None) -> HostedPacket:
    if found is None or found.state != packet.state:
        raise PacketMoved("the packet is not in the state in which it was looked at")
    return found
