"""Read a red packet off its chain: its state now, and its events as far as they can be found (red-packets.md 3.2, 3.4).

Repeats nothing and changes nothing. The contract comes from our table; the state and the events are read up to one and the same
block. Event ids are not indexed before the ERC-721 packet, so events are found by the transaction, or by the time of creation.
"""

from __future__ import annotations

from maskbot.domain.chain import BlockName, Call, Header
from maskbot.domain.errors import MaskbotError, Unavailable
from maskbot.domain.money import NATIVE, Address, Token
from maskbot.domain.red_packet import PacketEvent, PacketReference, PacketVersion, RedPacket
from maskbot.ports.chain import CallReverted, ChainNode, ChainReader
from maskbot.wire.erc20 import InvalidTokenAnswer, decode_number, decode_symbol, encode_decimals, encode_symbol
from maskbot.wire.red_packet import (
    ContractBook,
    PacketContract,
    decode_availability,
    encode_check,
    events_of_packet,
    events_query,
    packet_facts,
)

MOST_PAGES = 400
RECENT_BLOCKS = 50_000
_CLOCK_SLACK_S = 120


class ChainIsEmpty(Unavailable):
    """The node has no newest block."""

    kind = "ChainIsEmpty"


def fetch_packet(
    reference: PacketReference,
    *,
    node: ChainNode,
    contracts: ContractBook,
    viewer: Address | None,
    tx_hash: bytes | None = None,
    created_at_s: int | None = None,
    most_pages: int = MOST_PAGES,
) -> RedPacket:
    """The packet as `viewer` sees it. Its creation is found through the transaction `tx_hash`, else by its time `created_at_s`
    (both may be a stranger's word: what they lead to is checked), else among the newest 50,000 blocks. No
    more than `most_pages` pages of events are read.

    Raises:
        UntrustedContract: no contract of this chain and version is known to us.
        Unavailable, NodeAnswerMalformed, WrongChain: the chain cannot be read.
    """
    contract = contracts.find(chain_id=reference.chain_id, version=reference.version)
    newest = node.fetch_header(BlockName.LATEST)
    if newest is None:
        raise ChainIsEmpty("the chain has no block")
    question = Call(contract.address, encode_check(reference.packet_id), sender=viewer)
    availability = decode_availability(node.call(question, at=newest.number), version=reference.version)
    events: tuple[PacketEvent, ...] = ()
    leaves_traces = not availability.is_unknown or reference.version in (PacketVersion.V2, PacketVersion.V3)
    if leaves_traces:
        first = _first_block(contract, newest, node=node, tx_hash=tx_hash, created_at_s=created_at_s)
        events = _events(reference, contract, node=node, first=first, last=newest.number, most_pages=most_pages)
    return packet_facts(
        reference, contract=contract, availability=availability, events=events, block_time_s=newest.time_s
    )


def fetch_token(address: Address, *, chain_id: int, node: ChainReader) -> Token | None:
    """What a token says of itself, for showing only; None for one that does not answer as a token."""
    if address == NATIVE:
        return None
    try:
        symbol = decode_symbol(node.call(Call(address, encode_symbol()), at=BlockName.LATEST))
        decimals = decode_number(node.call(Call(address, encode_decimals()), at=BlockName.LATEST))
        return Token(chain_id, address, symbol[:32], decimals)
    except (CallReverted, InvalidTokenAnswer, ValueError):
        return None


def _first_block(
    contract: PacketContract, newest: Header, *, node: ChainNode, tx_hash: bytes | None, created_at_s: int | None
) -> int:
    recent = max(contract.first_block, newest.number - RECENT_BLOCKS, 0)
    if tx_hash is not None:
        try:
            inclusion = node.fetch_inclusion(tx_hash)
        except MaskbotError:
            inclusion = None  # a stranger's hash may be anything; the other ways remain
        if inclusion is not None and inclusion.receipt.block_number <= newest.number:
            return inclusion.receipt.block_number
    if created_at_s is None or created_at_s > newest.time_s:
        return recent
    return _block_before(created_at_s - _CLOCK_SLACK_S, first=contract.first_block, newest=newest, node=node)


def _block_before(time_s: int, *, first: int, newest: Header, node: ChainReader) -> int:
    """The last block not younger than a time, by bisection (at most 64 questions); `first` if all are younger."""
    low, high = min(first, newest.number), newest.number
    while low < high:
        middle = (low + high + 1) // 2
        header = node.fetch_header(middle)
        if header is not None and header.time_s <= time_s:
            low = middle
        else:
            high = middle - 1
    return low


def _events(
    reference: PacketReference, contract: PacketContract, *, node: ChainNode, first: int, last: int, most_pages: int
) -> tuple[PacketEvent, ...]:
    found: list[PacketEvent] = []
    for _page in range(most_pages):
        page = node.fetch_logs(events_query(contract, reference.packet_id, first_block=first, last_block=last))
        found += events_of_packet(page.logs, contract=contract, packet_id=reference.packet_id)
        first = page.end.number + 1
        if first > last:
            break
    return tuple(found)
