"""A packet's state and events become one value (red-packets.md 3.4)."""

from __future__ import annotations

from collections.abc import Iterable

from maskbot.domain.chain import Log, LogQuery
from maskbot.domain.red_packet import (
    Availability,
    Creation,
    PacketEvent,
    PacketReference,
    PacketVersion,
    RedPacket,
    RestReturned,
    ShareTaken,
)
from maskbot.wire.red_packet.addresses import PacketContract
from maskbot.wire.red_packet.answers import decode_event, event_topics, packet_id_of
from maskbot.wire.red_packet.errors import InvalidAbi


def events_query(contract: PacketContract, packet_id: bytes, *, first_block: int, last_block: int) -> LogQuery:
    """What to ask for, to get the events of one packet. Only an ERC-721 packet has its id where nodes filter by it."""
    topic0 = event_topics(contract.version)
    if contract.version is PacketVersion.NFT:
        return LogQuery(contract.address, first_block, last_block, topic0, topic1=packet_id)
    return LogQuery(contract.address, first_block, last_block, topic0, word=packet_id)


def events_of_packet(
    logs: Iterable[Log], *, contract: PacketContract, packet_id: bytes | None = None
) -> tuple[PacketEvent, ...]:
    """The events in these logs that come from this very contract, and tell of this packet (None: of any). What cannot be read is
    left out: one stranger's odd event must not hide the others."""
    found: list[PacketEvent] = []
    for log in logs:
        if log.address != contract.address:
            continue
        if packet_id is not None and packet_id_of(log, version=contract.version) != packet_id:
            continue
        try:
            event = decode_event(log, version=contract.version)
        except InvalidAbi:
            continue
        if event is not None:
            found.append(event)
    return tuple(found)


def packet_facts(
    reference: PacketReference,
    *,
    contract: PacketContract,
    availability: Availability,
    events: Iterable[PacketEvent],
    block_time_s: int,
) -> RedPacket:
    """All that is known of a packet. `events` are in the order of the chain; those of other packets are left out.

    Raises:
        ValueError: the contract is of another chain or version than the packet.
    """
    if (contract.chain_id, contract.version) != (reference.chain_id, reference.version):
        raise ValueError("the contract and the packet are of one chain and version")
    own = [event for event in events if event.packet_id == reference.packet_id]
    return RedPacket(
        reference=reference,
        contract=contract.address,
        availability=availability,
        creation=next((event for event in own if isinstance(event, Creation)), None),
        claims=tuple(event for event in own if isinstance(event, ShareTaken)),
        refund=next((event for event in own if isinstance(event, RestReturned)), None),
        block_time_s=block_time_s,
    )
