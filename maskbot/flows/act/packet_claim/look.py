"""Look at a packet as its claimer, in one go: what a claim would do in the next block (red-packets.md 3.2, 2.4 to 2.6, 4.4 to 4.6).

Reads only. The contract comes from our table, the amounts from the chain; the post's word leads to the creation event at most.
"""

from __future__ import annotations

from dataclasses import replace

from maskbot.domain.chain import BlockName, Call
from maskbot.domain.errors import Unavailable
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.packet_claim import Hindrance, PacketClaim, Prospect
from maskbot.domain.red_packet import PacketState, RedPacket
from maskbot.domain.transaction import MOST_GAS, ContractCall
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.fetch_packet import fetch_packet, fetch_token
from maskbot.ports.chain import CallReverted, ChainNode, InsufficientFunds
from maskbot.wire.red_packet import ClaimCall, ContractBook, UntrustedContract, meaning_of, sign_ticket

Prospected = Prospect | Hindrance
_MOST_PAGES = 24
_OLDEST_S = 91 * 86_400
"""Packets live 90 days at most (3.1): an older creation that a post tells of is not searched for."""
_WORD_BYTES = 32
_RESERVE_PERCENT, _NFT_RESERVE_PERCENT, _GAS_PER_ID = 20, 30, 3_000
_ENDS = {
    PacketState.EXHAUSTED: Hindrance("OutOfStock", "lost", "all shares are taken"),
    PacketState.EXPIRED: Hindrance("Expired", "left", "the packet has expired"),
    PacketState.REFUNDED: Hindrance("Refunded", "left", "the creator took back what was left"),
    PacketState.UNKNOWN: Hindrance("UnknownPacket", "later", "the contract does not know this packet"),
}


def look_at(
    claim: PacketClaim, wallet: Wallet, *, packet_key: bytes, node: ChainNode, contracts: ContractBook
) -> Prospected:
    """What claiming would bring and cost now, or what stands against it.

    Raises: Unavailable, NodeAnswerMalformed, WrongChain (nothing is known then).
    """
    try:
        packet = _fetch(claim, wallet, node=node, contracts=contracts)
    except UntrustedContract as error:
        return Hindrance(error.kind, "left", str(error))
    if packet.availability.claimed_by_caller:
        return Hindrance("ClaimedBefore", "left", "this wallet has had its share")
    if packet.state is not PacketState.OPEN:
        return _ENDS[packet.state]
    recipient = claim.recipient or wallet.address
    ticket = sign_ticket(packet_key, sender=wallet.address)
    call = ContractCall(packet.contract, 0, ClaimCall(claim.packet_id, ticket.signature, recipient).encode())
    return _simulated(packet, call, wallet, recipient=recipient, node=node)


def _fetch(claim: PacketClaim, wallet: Wallet, *, node: ChainNode, contracts: ContractBook) -> RedPacket:
    newest = node.fetch_header(BlockName.LATEST)
    created_at_s = claim.created_at_s
    if created_at_s is not None and newest is not None and created_at_s < newest.time_s - _OLDEST_S:
        created_at_s = None
    return fetch_packet(
        claim.reference,
        node=node,
        contracts=contracts,
        viewer=wallet.address,
        tx_hash=claim.tx_hash,
        created_at_s=created_at_s,
        most_pages=_MOST_PAGES,
    )


def _simulated(
    packet: RedPacket, call: ContractCall, wallet: Wallet, *, recipient: Address, node: ChainNode
) -> Prospected:
    simulated = Call(call.to, call.data, sender=wallet.address)
    token = packet.availability.token
    has_code = not packet.is_nft and token == NATIVE and bool(node.fetch_code(recipient))
    try:
        answer = node.call(simulated, at=BlockName.PENDING)
        needed = node.estimate_gas(simulated)
    except CallReverted as error:
        return _confirmed(meaning_of(error.reason, has_code=has_code), simulated, has_code=has_code, node=node)
    except InsufficientFunds:
        return Hindrance("NoGasMoney", "later", "the wallet has too little of the chain's coin to pay for gas")
    if len(answer) != _WORD_BYTES or (not packet.is_nft and int.from_bytes(answer, "big") > packet.availability.rest):
        raise Unavailable("the node says that a claim brings what it cannot", kind="ClaimAnswerOdd")
    needed = _with_reserve(needed, packet)
    if needed > MOST_GAS:
        return Hindrance("GasTooMuch", "later", f"the claim would need {needed} gas")
    return Prospect(
        call=call,
        token=token,
        share=_expected(packet, simulated=int.from_bytes(answer, "big")),
        needed_gas=needed,
        fees=node.fetch_fees(),
        balance_wei=node.fetch_account(wallet.address).balance_wei,
        seconds_left=_seconds_left(packet),
        decimals=_decimals(packet, node=node),
    )


def _confirmed(refusal: Hindrance, call: Call, *, has_code: bool, node: ChainNode) -> Hindrance:
    """The first node that answers says what the pending block would do. Before a claim is given up for that, a quorum has to say
    the same of the newest block."""
    newest = node.fetch_header(BlockName.LATEST)
    if refusal.then == "later" or newest is None:
        return replace(refusal, then="later")
    try:
        node.call(call, at=newest.number)
    except CallReverted as error:
        return meaning_of(error.reason, has_code=has_code)
    return replace(refusal, then="later")


def _expected(packet: RedPacket, *, simulated: int) -> int:
    """An equal share, or the last one, is what the simulation says. A random one changes with the second: its mean is the rest
    by the shares left, and no more than that is counted on (2.5)."""
    if packet.is_nft:
        return 1
    is_equal = packet.creation is not None and packet.creation.is_random is False
    if is_equal or packet.shares_left == 1:
        return simulated
    return min(simulated, packet.availability.rest // packet.shares_left)


def _decimals(packet: RedPacket, *, node: ChainNode) -> int | None:
    if packet.is_nft:
        return None
    token = fetch_token(packet.availability.token, chain_id=packet.reference.chain_id, node=node)
    return None if token is None else token.decimals


def _with_reserve(needed: int, packet: RedPacket) -> int:
    """The draw of an ERC-721 packet changes with the second, and with it the ids that are met (4.6)."""
    if packet.is_nft:
        return needed + needed * _NFT_RESERVE_PERCENT // 100 + _GAS_PER_ID * packet.shares_left
    return needed + needed * _RESERVE_PERCENT // 100


def _seconds_left(packet: RedPacket) -> int | None:
    """By the newest block's clock. A claim is refused from the expiry's own second on."""
    expiry = None if packet.creation is None else packet.creation.expires_at_s
    return None if expiry is None else max(0, expiry - 1 - packet.block_time_s)
