"""What the contracts answer and tell: `check_availability` and events of every version (red-packets.md 2.1, 2.2, 4.2, 7).

A log is read only as an event of the version whose contract it came from; the caller has compared the address with our own table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from maskbot.domain.chain import Log
from maskbot.domain.money import Address
from maskbot.domain.red_packet import Availability, Creation, PacketEvent, PacketVersion, RestReturned, ShareTaken
from maskbot.wire.red_packet.abi import decode, topic_of, types_of
from maskbot.wire.red_packet.errors import InvalidAbi

CREATED_V1 = "CreationSuccess(uint256,bytes32,address,uint256,address)"
CREATED_V2 = "CreationSuccess(uint256,bytes32,string,string,address,uint256,address)"
CREATED = "CreationSuccess(uint256,bytes32,string,string,address,uint256,address,uint256,bool,uint256)"
CREATED_NFT = "CreationSuccess(uint256,bytes32,string,string,address,uint256,address,uint256,uint256,uint256[])"
CLAIMED = "ClaimSuccess(bytes32,address,uint256,address)"
REFUNDED = "RefundSuccess(bytes32,address,uint256)"
_V1_CHECK = ("address", "uint256", "uint256", "uint256", "bool", "bool")
_CHECK = ("address", "uint256", "uint256", "uint256", "bool", "uint256")
_NFT_CHECK = ("address", "uint16", "uint256", "bool", "uint256", "uint256")
_INDEXED_NFT = {CREATED_NFT: (1, 4), CLAIMED: (0, 1)}
_MOST_SHARES_READ = 2**32


def decode_availability(data: bytes, *, version: PacketVersion) -> Availability:
    """Read the answer to `check_availability`.

    Raises:
        InvalidAbi: not the tuple of this version, or shares that make no sense.
    """
    if version is PacketVersion.NFT:
        token, rest, shares, has_expired, claimed_id, gone = decode(_NFT_CHECK, data)
        found = Availability(Address(token), rest, shares, shares - rest, has_expired, claimed_id, gone)
    else:
        types = _V1_CHECK if version is PacketVersion.V1 else _CHECK
        token, rest, shares, claimed, has_expired, mine = decode(types, data)
        found = Availability(Address(token), rest, shares, claimed, has_expired, int(mine))
    if not 0 <= found.claimed <= found.shares < _MOST_SHARES_READ:
        raise InvalidAbi("the contract tells of more shares taken than there were")
    return found


def event_topics(version: PacketVersion) -> tuple[bytes, ...]:
    """The first topics of the events of a version: creation, claim, refund (an ERC-721 packet has no refund)."""
    return tuple(_readers(version))


def decode_event(log: Log, *, version: PacketVersion) -> PacketEvent | None:
    """Read one event; None for a log that is none of a packet's.

    Raises:
        InvalidAbi: the topic is right and the rest is not.
    """
    reader = _readers(version).get(log.topics[0]) if log.topics else None
    return None if reader is None else reader(log)


def _readers(version: PacketVersion) -> Mapping[bytes, Callable[[Log], PacketEvent]]:
    return _READERS[version]


def _values(log: Log, signature: str, indexed: tuple[int, ...] = ()) -> list[Any]:
    """The fields of an event in their order; those at the `indexed` places come from topics 1, 2, ..."""
    types = types_of(signature)
    if len(log.topics) != 1 + len(indexed):
        raise InvalidAbi(f"expected {1 + len(indexed)} topics, got {len(log.topics)}")
    values = list(decode([kind for at, kind in enumerate(types) if at not in indexed], log.data))
    for at, topic in zip(indexed, log.topics[1:], strict=True):
        values.insert(at, decode((types[at],), topic)[0])
    return values


def _created_v1(log: Log) -> Creation:
    total, packet_id, creator, time_s, token = _values(log, CREATED_V1)
    return Creation(packet_id, Address(creator), total, time_s, Address(token))


def _created_v2(log: Log) -> Creation:
    total, packet_id, name, message, creator, time_s, token = _values(log, CREATED_V2)
    return Creation(packet_id, Address(creator), total, time_s, Address(token), name, message)


def _created(log: Log) -> Creation:
    total, packet_id, name, message, creator, time_s, token, shares, is_random, duration = _values(log, CREATED)
    tail = (name, message, shares, is_random, duration)
    return Creation(packet_id, Address(creator), total, time_s, Address(token), *tail)


def _created_nft(log: Log) -> Creation:
    values = _values(log, CREATED_NFT, _INDEXED_NFT[CREATED_NFT])
    total, packet_id, name, message, creator, time_s, token, shares, duration, ids = values
    tail = (name, message, shares, None, duration, tuple(ids))
    return Creation(packet_id, Address(creator), total, time_s, Address(token), *tail)


def _claimed(log: Log) -> ShareTaken:
    packet_id, recipient, value, token = _values(log, CLAIMED)
    return ShareTaken(packet_id, Address(recipient), value, Address(token))


def _claimed_nft(log: Log) -> ShareTaken:
    packet_id, recipient, value, token = _values(log, CLAIMED, _INDEXED_NFT[CLAIMED])
    return ShareTaken(packet_id, Address(recipient), value, Address(token))


def _refunded(log: Log) -> RestReturned:
    packet_id, token, value = _values(log, REFUNDED)
    return RestReturned(packet_id, Address(token), value)


_COMMON: Mapping[bytes, Callable[[Log], PacketEvent]] = {topic_of(CLAIMED): _claimed, topic_of(REFUNDED): _refunded}
_READERS: Mapping[PacketVersion, Mapping[bytes, Callable[[Log], PacketEvent]]] = {
    PacketVersion.V1: {topic_of(CREATED_V1): _created_v1, **_COMMON},
    PacketVersion.V2: {topic_of(CREATED_V2): _created_v2, **_COMMON},
    PacketVersion.V3: {topic_of(CREATED): _created, **_COMMON},
    PacketVersion.V4: {topic_of(CREATED): _created, **_COMMON},
    PacketVersion.NFT: {topic_of(CREATED_NFT): _created_nft, topic_of(CLAIMED): _claimed_nft},
}
