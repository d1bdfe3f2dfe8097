"""Answers and events of every version; hostile texts in them are shown, broken bytes are malformed."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode as encode_values
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.chain import Log
from maskbot.domain.money import Address
from maskbot.domain.red_packet import Creation, PacketVersion, RestReturned, ShareTaken
from maskbot.wire.red_packet import InvalidAbi, decode_availability, decode_event, event_topics
from maskbot.wire.red_packet.abi import topic_of, types_of
from maskbot.wire.red_packet.answers import CLAIMED, CREATED, CREATED_NFT, CREATED_V1, CREATED_V2, REFUNDED

CONTRACT = Address(b"\x01" * 20)
TOKEN = Address(b"\x02" * 20)
PERSON = Address(b"\x03" * 20)
PACKET = b"\x0a" * 32


def log(signature: str, *values: object, indexed: tuple[bytes, ...] = (), types: list[str] | None = None) -> Log:
    data = encode_values(types or list(types_of(signature)), values)
    return Log(CONTRACT, (topic_of(signature), *indexed), data, 7, bytes(32), bytes(32), 0)


def test_a_v4_creation_is_read() -> None:
    values = (10, PACKET, "alice", "Best Wishes!", PERSON, 1700000000, TOKEN, 3, True, 60)
    found = decode_event(log(CREATED, *values), version=PacketVersion.V4)
    assert found == Creation(PACKET, PERSON, 10, 1700000000, TOKEN, "alice", "Best Wishes!", 3, True, 60)
    assert isinstance(found, Creation)
    assert found.expires_at_s == 1700000060


def test_older_creations_are_read_as_far_as_they_say() -> None:
    v1 = decode_event(log(CREATED_V1, 10, PACKET, PERSON, 5, TOKEN), version=PacketVersion.V1)
    assert v1 == Creation(PACKET, PERSON, 10, 5, TOKEN)
    v2 = decode_event(log(CREATED_V2, 10, PACKET, "a", "b", PERSON, 5, TOKEN), version=PacketVersion.V2)
    assert v2 == Creation(PACKET, PERSON, 10, 5, TOKEN, "a", "b")
    assert isinstance(v2, Creation)
    assert v2.expires_at_s is None


def test_an_nft_creation_has_indexed_fields() -> None:
    types = ["uint256", "string", "string", "uint256", "address", "uint256", "uint256", "uint256[]"]
    values = (2, "alice", "gm", 5, TOKEN, 2, 60, [7, 8])
    one = log(CREATED_NFT, *values, types=types, indexed=(PACKET, bytes(12) + PERSON))
    found = decode_event(one, version=PacketVersion.NFT)
    assert found == Creation(PACKET, PERSON, 2, 5, TOKEN, "alice", "gm", 2, None, 60, (7, 8))


def test_claims_and_refunds_are_read() -> None:
    claim = decode_event(log(CLAIMED, PACKET, PERSON, 5, TOKEN), version=PacketVersion.V4)
    assert claim == ShareTaken(PACKET, PERSON, 5, TOKEN)
    refund = decode_event(log(REFUNDED, PACKET, TOKEN, 5), version=PacketVersion.V2)
    assert refund == RestReturned(PACKET, TOKEN, 5)
    indexed = log(CLAIMED, 9, TOKEN, types=["uint256", "address"], indexed=(PACKET, bytes(12) + PERSON))
    assert decode_event(indexed, version=PacketVersion.NFT) == ShareTaken(PACKET, PERSON, 9, TOKEN)


def test_a_message_that_is_no_utf_8_does_not_hide_a_packet() -> None:
    types = [*types_of(CREATED)]
    types[2] = types[3] = "bytes"
    one = log(CREATED, 10, PACKET, b"\xff\xfe", b"\xc3", PERSON, 5, TOKEN, 3, True, 60, types=types)
    found = decode_event(one, version=PacketVersion.V4)
    assert isinstance(found, Creation)
    assert found.name == "��"


def test_other_logs_are_none_of_ours() -> None:
    transfer = log("Transfer(address,address,uint256)", PERSON, TOKEN, 1)
    assert decode_event(transfer, version=PacketVersion.V4) is None
    assert decode_event(Log(CONTRACT, (), b"", 7, bytes(32), bytes(32), 0), version=PacketVersion.V4) is None


def test_a_claim_with_topics_of_another_version_is_malformed() -> None:
    indexed = log(CLAIMED, 9, TOKEN, types=["uint256", "address"], indexed=(PACKET, bytes(12) + PERSON))
    with pytest.raises(InvalidAbi, match="topics"):
        decode_event(indexed, version=PacketVersion.V4)


@given(st.sampled_from(list(PacketVersion)), st.binary(max_size=700), st.lists(st.binary(min_size=32, max_size=32)))
def test_any_log_is_an_event_or_malformed(version: PacketVersion, data: bytes, topics: list[bytes]) -> None:
    for topic in event_topics(version):
        try:
            decode_event(Log(CONTRACT, (topic, *topics[:3]), data, 7, bytes(32), bytes(32), 0), version=version)
        except InvalidAbi:
            continue


@given(st.sampled_from(list(PacketVersion)), st.binary(max_size=300))
def test_any_answer_is_a_state_or_malformed(version: PacketVersion, data: bytes) -> None:
    try:
        found = decode_availability(data, version=version)
    except InvalidAbi:
        return
    assert 0 <= found.claimed <= found.shares


def test_the_last_field_depends_on_the_version() -> None:
    v4 = encode_values(["address", "uint256", "uint256", "uint256", "bool", "uint256"], [TOKEN, 5, 3, 1, False, 77])
    assert decode_availability(v4, version=PacketVersion.V4).claimed_by_caller == 77
    with pytest.raises(InvalidAbi):
        decode_availability(v4, version=PacketVersion.V1)
    nft = encode_values(["address", "uint16", "uint256", "bool", "uint256", "uint256"], [TOKEN, 2, 3, False, 6, 1])
    found = decode_availability(nft, version=PacketVersion.NFT)
    assert (found.rest, found.claimed, found.claimed_by_caller, found.gone) == (2, 1, 6, 1)


def test_an_unknown_id_looks_like_nothing() -> None:
    answer = encode_values(
        ["address", "uint256", "uint256", "uint256", "bool", "uint256"], [bytes(20), 0, 0, 0, True, 0]
    )
    assert decode_availability(answer, version=PacketVersion.V4).is_unknown
