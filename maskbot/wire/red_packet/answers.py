"""What the contracts answer and tell: `check_availability` and events of every version (red-packets.md 2.1, 2.2, 4.2, 7).

A log is read only as an event of the version whose contract it came from; the caller has compared the address with our own table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from maskbot.domain.chain import Log
from maskbot.domain.money import Address
from maskbot.domain.red_packet import Availability, Creation, PacketEvent, PacketVersion, RestReturned, ShareTaken
from maskbot.wire.red_packet.abi import decode, topic_of
from maskbot.wire.red_packet.errors import InvalidAbi
from maskbot.wire.red_packet.words import WORD, Words, address_in

CREATED_V1 = "CreationSuccess(uint256,bytes32,address,uint256,address)"
CREATED_V2 = "CreationSuccess(uint256,bytes32,string,string,address,uint256,address)"
CREATED = "CreationSuccess(uint256,bytes32,string,string,address,uint256,address,uint256,bool,uint256)"
CREATED_NFT = "CreationSuccess(uint256,bytes32,string,string,address,uint256,address,uint256,uint256,uint256[])"
CLAIMED = "ClaimSuccess(bytes32,address,uint256,address)"
REFUNDED = "RefundSuccess(bytes32,address,uint256)"
_V1_CHECK = ("address", "uint256", "uint256", "uint256", "bool", "bool")
_CHECK = ("address", "uint256", "uint256", "uint256", "bool", "uint256")
_NFT_CHECK = ("address", "uint16", "uint256", "bool", "uint256", "uint256")
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


def packet_id_of(log: Log, *, version: PacketVersion) -> bytes | None:
    """The packet that an event tells of, without reading the rest; None for a log that is none of a packet's."""
    if not log.topics or log.topics[0] not in _READERS[version]:
        return None
    if version is PacketVersion.NFT:
        return log.topics[1] if len(log.topics) > 1 else None
    start = WORD if log.topics[0] in _CREATIONS else 0
    return log.data[start : start + WORD]


def _readers(version: PacketVersion) -> Mapping[bytes, Callable[[Log], PacketEvent]]:
    return _READERS[version]


def _words(log: Log, *, count: int, topics: int = 1) -> Words:
    if len(log.topics) != topics:
        raise InvalidAbi(f"expected {topics} topics, got {len(log.topics)}")
    return Words(log.data, count=count)


def _created_v1(log: Log) -> Creation:
    words = _words(log, count=5)
    return Creation(words.raw(1), words.address(2), words.number(0), words.number(3), words.address(4))


def _created_v2(log: Log) -> Creation:
    words = _words(log, count=7)
    texts = (words.text(2), words.text(3))
    return Creation(words.raw(1), words.address(4), words.number(0), words.number(5), words.address(6), *texts)


def _created(log: Log) -> Creation:
    words = _words(log, count=10)
    total, packet_id, _, _, creator, created_at, token, shares, _, duration = words.heads()
    return Creation(
        packet_id,
        address_in(creator),
        int.from_bytes(total, "big"),
        int.from_bytes(created_at, "big"),
        address_in(token),
        words.text(2),
        words.text(3),
        int.from_bytes(shares, "big"),
        words.claim(8),
        int.from_bytes(duration, "big"),
    )


def _created_nft(log: Log) -> Creation:
    words = _words(log, count=8, topics=3)
    tail = (words.text(1), words.text(2), words.number(5), None, words.number(6), words.numbers(7))
    creator = address_in(log.topics[2])
    return Creation(log.topics[1], creator, words.number(0), words.number(3), words.address(4), *tail)


def _claimed(log: Log) -> ShareTaken:
    words = _words(log, count=4)
    return ShareTaken(words.raw(0), words.address(1), words.number(2), words.address(3))


def _claimed_nft(log: Log) -> ShareTaken:
    words = _words(log, count=2, topics=3)
    return ShareTaken(log.topics[1], address_in(log.topics[2]), words.number(0), words.address(1))


def _refunded(log: Log) -> RestReturned:
    words = _words(log, count=3)
    return RestReturned(words.raw(0), words.address(1), words.number(2))


_COMMON: Mapping[bytes, Callable[[Log], PacketEvent]] = {topic_of(CLAIMED): _claimed, topic_of(REFUNDED): _refunded}
_READERS: Mapping[PacketVersion, Mapping[bytes, Callable[[Log], PacketEvent]]] = {
    PacketVersion.V1: {topic_of(CREATED_V1): _created_v1, **_COMMON},
    PacketVersion.V2: {topic_of(CREATED_V2): _created_v2, **_COMMON},
    PacketVersion.V3: {topic_of(CREATED): _created, **_COMMON},
    PacketVersion.V4: {topic_of(CREATED): _created, **_COMMON},
    PacketVersion.NFT: {topic_of(CREATED_NFT): _created_nft, topic_of(CLAIMED): _claimed_nft},
}
_CREATIONS = frozenset(map(topic_of, (CREATED_V1, CREATED_V2, CREATED)))
