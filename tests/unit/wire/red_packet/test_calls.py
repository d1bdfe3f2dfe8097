"""Call data: what is encoded is read back, what the contract would refuse is never made, broken bytes are malformed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.money import NATIVE, Address
from maskbot.domain.red_packet import LARGEST_TOTAL, PacketVersion
from maskbot.wire.red_packet import (
    ClaimCall,
    CreateCall,
    CreateNftCall,
    InvalidAbi,
    decode_claim,
    decode_create,
    decode_refund,
    encode_check,
    encode_refund,
)
from maskbot.wire.red_packet.abi import LARGEST_BYTES, encode_call
from maskbot.wire.red_packet.calls import CREATE, creation_signature, most_shares

addresses = st.binary(min_size=20, max_size=20).map(Address)
words = st.binary(min_size=32, max_size=32)
texts = st.text(st.characters(codec="utf-8"), max_size=60)
creations = st.tuples(st.integers(1, 500), st.integers(500, LARGEST_TOTAL)).flatmap(
    lambda sizes: st.builds(
        CreateCall,
        packet_address=addresses,
        shares=st.just(sizes[0]),
        is_random=st.booleans(),
        duration_s=st.integers(0, 2**32 - 1),
        seed=words,
        message=texts,
        name=texts,
        token=st.one_of(st.just(NATIVE), addresses),
        total=st.just(sizes[1]),
    )
)
claims = st.builds(ClaimCall, words, st.binary(max_size=80), addresses)


@given(creations)
def test_a_creation_is_read_back(call: CreateCall) -> None:
    assert decode_create(call.encode()) == call
    assert call.value_wei == (call.total if call.token == NATIVE else 0)


@given(claims)
def test_a_claim_is_read_back_and_does_not_show_its_ticket(call: ClaimCall) -> None:
    assert decode_claim(call.encode()) == call
    assert "***" in repr(call)


@given(words)
def test_a_refund_is_read_back(packet_id: bytes) -> None:
    assert decode_refund(encode_refund(packet_id)) == packet_id
    assert encode_check(packet_id)[4:] == packet_id


@given(creations, st.data())
def test_a_broken_creation_is_malformed_or_another_creation(call: CreateCall, data: st.DataObject) -> None:
    raw = bytearray(call.encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    for broken in (bytes(raw), bytes(raw[:at])):
        try:
            assert isinstance(decode_create(broken), CreateCall)
        except InvalidAbi:
            continue


@pytest.mark.parametrize("decode", [decode_create, decode_claim, decode_refund])
@given(raw=st.binary(max_size=300))
def test_any_bytes_are_malformed_or_a_call(decode: Callable[[bytes], object], raw: bytes) -> None:
    for data in (raw, encode_refund(bytes(32))[:4] + raw):
        try:
            decode(data)
        except InvalidAbi:
            continue


def test_too_long_call_data_is_malformed_before_it_is_read() -> None:
    with pytest.raises(InvalidAbi, match="at most"):
        decode_refund(encode_refund(bytes(32)) + bytes(LARGEST_BYTES))


@pytest.mark.parametrize(
    ("shares", "total", "duration_s"),
    [(0, 1, 1), (2, 1, 1), (1, 0, 1), (1, 2**96, 1), (1, 1, 2**32), (1, 1, -1)],
)
def test_what_the_contract_refuses_is_never_made(shares: int, total: int, duration_s: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        CreateCall(NATIVE, shares, False, duration_s, bytes(32), "", "", NATIVE, total)


@pytest.mark.parametrize("ids", [(), (1, 1), (0, 1), tuple(range(1, 258))])
def test_ids_that_break_a_packet_are_never_put_in(ids: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"ids|id 0"):
        CreateNftCall(NATIVE, 60, bytes(32), "", "", NATIVE, ids)


def test_a_native_packet_with_a_token_address_holds_coins() -> None:
    """red-packets.md 2.3: any address given with type 0 is stored and shown although the packet contains ETH."""
    token = Address(b"\x07" * 20)
    data = encode_call(CREATE, (token, 1, False, 60, bytes(32), "", "", 0, token, 5))
    assert decode_create(data).token == NATIVE
    with pytest.raises(InvalidAbi, match="token type"):
        decode_create(encode_call(CREATE, (token, 1, False, 60, bytes(32), "", "", 2, token, 5)))


def test_only_the_safe_versions_are_created() -> None:
    assert creation_signature(PacketVersion.V4) == CREATE
    with pytest.raises(ValueError, match="never created"):
        creation_signature(PacketVersion.V3)
    assert most_shares(answers_gas_payer=True) == 255
    assert most_shares(answers_gas_payer=True, is_known_500=True) == 500
