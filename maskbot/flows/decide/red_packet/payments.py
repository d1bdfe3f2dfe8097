"""The payments of a red packet: allowance, creation, refund, and taking the allowance back. Each is one for ever.

A payment is named by its purpose and the packet's row, so a packet is created once whatever dies where (reliability.md C.3 8).
"""

from __future__ import annotations

from maskbot.domain.hosted_packet import HostedPacket, NftShares, TokenShares
from maskbot.domain.job import JobKind
from maskbot.domain.money import Amount
from maskbot.domain.transaction import ContractCall, Followup, Intent, PaymentOrder
from maskbot.flows.decide.payment import plan_payment
from maskbot.ports.store import Work
from maskbot.wire.erc721 import encode_approval_for_all
from maskbot.wire.red_packet import CreateCall, CreateNftCall, encode_refund
from maskbot.wire.transaction import approve_call

CREATE = "packet-create"
APPROVE = "packet-approve"
RESET = "packet-reset"
REFUND = "packet-refund"
REVOKE = "packet-revoke"


def plan_creation(packet: HostedPacket, *, work: Work, now_ms: int) -> Intent:
    """The payment that creates the packet."""
    return _plan(packet, CREATE, creation_call(packet), work=work, now_ms=now_ms)


def plan_allowance(packet: HostedPacket, *, work: Work, now_ms: int) -> Intent:
    """Let the contract take exactly the total; of a collection it may then move every token of the wallet, there is no less."""
    contents = packet.order.contents
    if isinstance(contents, NftShares):
        data = encode_approval_for_all(packet.contract, is_allowed=True)
        call = ContractCall(contents.collection, 0, data)
    else:
        call = approve_call(Amount(contents.token, contents.total), spender=packet.contract)
    return _plan(packet, APPROVE, call, work=work, now_ms=now_ms)


def plan_reset(packet: HostedPacket, *, contents: TokenShares, work: Work, now_ms: int) -> Intent:
    """Set an allowance that is left to zero: some tokens change it from zero only."""
    call = approve_call(Amount(contents.token, 0), spender=packet.contract)
    return _plan(packet, RESET, call, work=work, now_ms=now_ms)


def plan_revocation(packet: HostedPacket, *, contents: NftShares, work: Work, now_ms: int) -> Intent:
    """Let the contract move the collection's tokens no more."""
    data = encode_approval_for_all(packet.contract, is_allowed=False)
    return _plan(packet, REVOKE, ContractCall(contents.collection, 0, data), work=work, now_ms=now_ms)


def plan_packet_refund(packet: HostedPacket, *, requested_by: str, work: Work, now_ms: int) -> Intent:
    """Take the rest back. After a refund that failed for good the new one is named after it."""
    assert packet.packet_id is not None
    retry = "" if packet.refund_id is None else f":after:{packet.refund_id}"
    call = ContractCall(packet.contract, 0, encode_refund(packet.packet_id))
    return _plan(
        packet,
        REFUND,
        call,
        retry=retry,
        kind=JobKind.TRACK_PACKET,
        requested_by=requested_by,
        work=work,
        now_ms=now_ms,
    )


def creation_call(packet: HostedPacket) -> ContractCall:
    """The call that creates the packet; the same one whenever it is asked for, since key and seed are stored with the order."""
    order, contents = packet.order, packet.order.contents
    if isinstance(contents, NftShares):
        nft = CreateNftCall(
            packet_address=packet.packet_address,
            duration_s=order.duration_s,
            seed=packet.seed,
            message=order.message,
            name=order.sender_name,
            collection=contents.collection,
            ids=contents.ids,
        )
        return ContractCall(packet.contract, 0, nft.encode())
    call = CreateCall(
        packet_address=packet.packet_address,
        shares=contents.shares,
        is_random=contents.is_random,
        duration_s=order.duration_s,
        seed=packet.seed,
        message=order.message,
        name=order.sender_name,
        token=contents.token.address,
        total=contents.total,
    )
    return ContractCall(packet.contract, call.value_wei, call.encode())


def _plan(
    packet: HostedPacket,
    purpose: str,
    call: ContractCall,
    *,
    work: Work,
    now_ms: int,
    retry: str = "",
    kind: JobKind = JobKind.ADVANCE_PACKET,
    requested_by: str | None = None,
) -> Intent:
    order = PaymentOrder(
        wallet_id=packet.order.wallet_id,
        purpose=purpose,
        purpose_id=f"{packet.id}{retry}",
        call=call,
        requested_by=requested_by or packet.order.requested_by,
        followup=Followup(kind, packet.id),
    )
    return plan_payment(order, work=work, now_ms=now_ms)
