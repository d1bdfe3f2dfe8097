"""Batches: read back as written, and anything else than packed plain calls is malformed (applets.md 10.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.errors import Malformed
from maskbot.domain.money import Address
from maskbot.domain.transaction import ContractCall
from maskbot.wire.safe import InvalidBatch, batch_call, calls_of

MULTI_SEND = Address(b"\x99" * 20)
CALLS = st.lists(
    st.builds(
        ContractCall,
        st.binary(min_size=20, max_size=20).map(Address),
        st.integers(0, 2**256 - 1),
        st.binary(max_size=99),
    ),
    min_size=1,
    max_size=5,
)


@given(CALLS)
def test_a_batch_is_read_back_as_written(calls: list[ContractCall]) -> None:
    made = batch_call(calls, multi_send=MULTI_SEND)
    assert (made.to, made.value_wei, calls_of(made.data)) == (MULTI_SEND, 0, tuple(calls))


@given(CALLS, st.data())
def test_every_truncation_and_addition_is_malformed(calls: list[ContractCall], data: st.DataObject) -> None:
    made = batch_call(calls, multi_send=MULTI_SEND).data
    with pytest.raises(Malformed):
        calls_of(made[: data.draw(st.integers(0, len(made) - 1))])
    with pytest.raises(Malformed):
        calls_of(made + bytes(data.draw(st.integers(1, 64))))


@given(CALLS, st.integers(0, 255), st.data())
def test_a_changed_byte_is_another_batch_or_malformed(
    calls: list[ContractCall], value: int, data: st.DataObject
) -> None:
    made = bytearray(batch_call(calls, multi_send=MULTI_SEND).data)
    at = data.draw(st.integers(0, len(made) - 1))
    is_changed = made[at] != value
    made[at] = value
    try:
        assert (calls_of(bytes(made)) != tuple(calls)) == is_changed
    except Malformed:
        assert is_changed


def test_a_delegate_call_inside_a_batch_is_malformed() -> None:
    made = bytearray(batch_call([ContractCall(MULTI_SEND, 1)], multi_send=MULTI_SEND).data)
    made[4 + 64] = 1
    with pytest.raises(InvalidBatch, match="plain calls only"):
        calls_of(bytes(made))


def test_none_and_too_many_calls_are_refused() -> None:
    for calls in ([], [ContractCall(MULTI_SEND, 1)] * 201, [ContractCall(MULTI_SEND, 1, bytes(60_000))] * 2):
        with pytest.raises(InvalidBatch):
            batch_call(calls, multi_send=MULTI_SEND)
