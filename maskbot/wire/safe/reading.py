"""Questions to a Safe and its answers, and the events by which a transaction's end is seen.

A contract's code hash is asked for by a call that creates nothing: its init code returns EXTCODEHASH of the address, behind a
word of zeros (code that begins with 0xEF could not be created, EIP-3541).
"""

from __future__ import annotations

from maskbot.domain.chain import Call, Log
from maskbot.domain.money import ADDRESS_BYTES, Address
from maskbot.domain.safe import SafeVersion
from maskbot.wire.crypto import keccak256
from maskbot.wire.safe.errors import InvalidSafeAnswer

_WORD = 32
MOST_OWNERS = 1_000


def _selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


GET_OWNERS = _selector("getOwners()")
GET_THRESHOLD = _selector("getThreshold()")
MASTER_COPY = _selector("masterCopy()")
NONCE = _selector("nonce()")
VERSION = _selector("VERSION()")
EXECUTION_SUCCESS = keccak256(b"ExecutionSuccess(bytes32,uint256)")
EXECUTION_FAILURE = keccak256(b"ExecutionFailure(bytes32,uint256)")


def code_hash_call(address: Address) -> Call:
    """The call whose answer is the hash of the code at this address."""
    init = (
        b"\x73" + address + b"\x3f" + bytes.fromhex("602052" + "60406000f3")
    )  # PUSH20 EXTCODEHASH; MSTORE 32; RETURN 64 bytes
    return Call(to=None, data=init)


def decode_code_hash(answer: bytes) -> bytes:
    """The 32 bytes of an answer to `code_hash_call`. Raises InvalidSafeAnswer."""
    if len(answer) != 2 * _WORD or any(answer[:_WORD]):
        raise InvalidSafeAnswer("the node does not tell the hash of the contract's code")
    return answer[_WORD:]


def decode_number(answer: bytes) -> int:
    """The number of an answer. Raises InvalidSafeAnswer unless it is one word."""
    if len(answer) != _WORD:
        raise InvalidSafeAnswer(f"expected 32 bytes, got {len(answer)}: this is no Safe")
    return int.from_bytes(answer, "big")


def decode_address(answer: bytes) -> Address:
    """The address of an answer. Raises InvalidSafeAnswer."""
    number = decode_number(answer)
    if number >> (8 * ADDRESS_BYTES):
        raise InvalidSafeAnswer("expected an address of 20 bytes: this is no Safe")
    return Address(number.to_bytes(ADDRESS_BYTES, "big"))


def decode_addresses(answer: bytes) -> tuple[Address, ...]:
    """The addresses of an answer, at most 1,000. Raises InvalidSafeAnswer."""
    count = decode_number(answer[_WORD : 2 * _WORD])
    if decode_number(answer[:_WORD]) != _WORD or count > MOST_OWNERS or len(answer) != (2 + count) * _WORD:
        raise InvalidSafeAnswer("expected a list of addresses: this is no Safe")
    words = (answer[at : at + _WORD] for at in range(2 * _WORD, len(answer), _WORD))
    return tuple(decode_address(word) for word in words)


def decode_version(answer: bytes) -> SafeVersion:
    """The version of an answer. Raises InvalidSafeAnswer for one whose hashing we do not know."""
    size = decode_number(answer[_WORD : 2 * _WORD])
    text = answer[2 * _WORD : 2 * _WORD + size] if size <= _WORD else b""
    try:
        return SafeVersion(text.decode("ascii"))
    except ValueError as error:
        known = ", ".join(SafeVersion)
        raise InvalidSafeAnswer(f"a Safe of a version we know ({known}) is expected") from error


def executed_hash(log: Log) -> bytes | None:
    """The hash that an event of a Safe says was executed: a topic since 1.4.1, data before; None for another event."""
    if not log.topics or log.topics[0] not in (EXECUTION_SUCCESS, EXECUTION_FAILURE):
        return None
    if len(log.topics) == 2:
        return log.topics[1]
    return log.data[:_WORD] if len(log.data) == 2 * _WORD else None
