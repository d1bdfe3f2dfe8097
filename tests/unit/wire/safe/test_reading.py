"""Answers of a Safe, and its events in both versions' forms; anything else is malformed or no event of ours."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode as encode_values

from maskbot.domain.chain import Log
from maskbot.domain.money import Address
from maskbot.domain.safe import SafeVersion
from maskbot.wire.safe import (
    EXECUTION_FAILURE,
    EXECUTION_SUCCESS,
    InvalidSafeAnswer,
    decode_address,
    decode_addresses,
    decode_code_hash,
    decode_version,
    executed_hash,
)

A, B = Address(b"\xaa" * 20), Address(b"\xbb" * 20)
HASH = bytes(range(32))
LOG = Log(A, (EXECUTION_SUCCESS, HASH), bytes(32), 1, bytes(32), bytes(32), 0)


def test_answers_are_read() -> None:
    assert decode_addresses(encode_values(["address[]"], [["0x" + A.hex(), "0x" + B.hex()]])) == (A, B)
    assert decode_version(encode_values(["string"], ["1.4.1"])) is SafeVersion.V1_4_1
    assert decode_code_hash(bytes(32) + HASH) == HASH


@pytest.mark.parametrize(
    "answer", [b"", bytes(31), bytes(32), bytes(64), encode_values(["uint256", "uint256"], [32, 2**60]), b"\xff" * 96]
)
def test_other_answers_are_malformed(answer: bytes) -> None:
    for decode in (decode_addresses, decode_version):
        if answer == encode_values(["uint256", "uint256"], [32, 0]):
            continue
        with pytest.raises(InvalidSafeAnswer):
            decode(answer)


def test_a_version_whose_hashing_we_do_not_know_and_an_address_that_is_none_are_malformed() -> None:
    for version in ("1.2.0", "1.5.0", "1.4.1+L2", ""):
        with pytest.raises(InvalidSafeAnswer):
            decode_version(encode_values(["string"], [version]))
    with pytest.raises(InvalidSafeAnswer):
        decode_address(b"\1" + bytes(31))
    with pytest.raises(InvalidSafeAnswer):
        decode_code_hash(b"\1" + bytes(63))


def test_executions_are_seen_in_the_events_of_both_versions() -> None:
    assert executed_hash(LOG) == HASH
    assert executed_hash(LOG._replace(topics=(EXECUTION_FAILURE,), data=HASH + bytes(32))) == HASH
    for other in (
        LOG._replace(topics=()),
        LOG._replace(topics=(HASH, HASH)),
        LOG._replace(topics=(EXECUTION_SUCCESS,), data=HASH),
    ):
        assert executed_hash(other) is None
