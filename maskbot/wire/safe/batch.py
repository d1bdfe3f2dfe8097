"""Several calls in one Safe transaction: `multiSend(bytes)` of MultiSendCallOnly, written and read back.

Each call is packed as operation (1 byte, 0), to (20), value (32), length of data (32), data. The contract refuses anything but
plain calls; reading back refuses it as well, so that what is signed is what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.domain.money import ADDRESS_BYTES, Address
from maskbot.domain.transaction import MOST_CALL_BYTES, ContractCall
from maskbot.wire.crypto import keccak256
from maskbot.wire.safe.errors import InvalidBatch

MOST_CALLS = 200
_MULTI_SEND = keccak256(b"multiSend(bytes)")[:4]
_WORD = 32
_HEAD_BYTES = 1 + ADDRESS_BYTES + _WORD + _WORD


def batch_call(calls: Sequence[ContractCall], *, multi_send: Address) -> ContractCall:
    """The call that makes all of these, to be made as a delegate call. Raises InvalidBatch for none, or too many."""
    if not 1 <= len(calls) <= MOST_CALLS:
        raise InvalidBatch(f"a batch has 1 to {MOST_CALLS} calls")
    packed = b"".join(
        b"\0" + one.to + one.value_wei.to_bytes(_WORD, "big") + len(one.data).to_bytes(_WORD, "big") + one.data
        for one in calls
    )
    padding = bytes(-len(packed) % _WORD)
    data = _MULTI_SEND + _WORD.to_bytes(_WORD, "big") + len(packed).to_bytes(_WORD, "big") + packed + padding
    if len(data) > MOST_CALL_BYTES:
        raise InvalidBatch(f"a batch has at most {MOST_CALL_BYTES:,} bytes")
    return ContractCall(multi_send, 0, data)


def calls_of(data: bytes) -> tuple[ContractCall, ...]:
    """The calls in the data of a batch.

    Raises:
        InvalidBatch: it is no `multiSend`, is not packed exactly, or holds a delegate call.
    """
    head, length = data[: 4 + _WORD], int.from_bytes(data[4 + _WORD : 4 + 2 * _WORD], "big")
    packed = data[4 + 2 * _WORD :]
    if head != _MULTI_SEND + _WORD.to_bytes(_WORD, "big") or len(packed) != length + -length % _WORD:
        raise InvalidBatch("expected multiSend with its bytes and nothing else")
    if any(packed[length:]):
        raise InvalidBatch("the padding of a batch is zeros")
    calls: list[ContractCall] = []
    at = 0
    while at < length:
        call, at = _call_at(packed[:length], at)
        calls.append(call)
        if len(calls) > MOST_CALLS:
            raise InvalidBatch(f"a batch has 1 to {MOST_CALLS} calls")
    if not calls:
        raise InvalidBatch("a batch has one call at least")
    return tuple(calls)


def _call_at(packed: bytes, at: int) -> tuple[ContractCall, int]:
    head = packed[at : at + _HEAD_BYTES]
    if len(head) != _HEAD_BYTES or head[0] != 0:
        raise InvalidBatch("a batch holds plain calls only, none of them cut")
    size = int.from_bytes(head[-_WORD:], "big")
    begin = at + _HEAD_BYTES
    if size > len(packed) - begin:
        raise InvalidBatch("a call of the batch is cut")
    value_wei = int.from_bytes(head[1 + ADDRESS_BYTES : 1 + ADDRESS_BYTES + _WORD], "big")
    call = ContractCall(Address(head[1 : 1 + ADDRESS_BYTES]), value_wei, packed[begin : begin + size])
    return call, begin + size
