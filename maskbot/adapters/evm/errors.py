"""What nodes complain about, in our families (red-packets.md 3.5, reliability.md C.3, step 3).

Nodes agree on few codes, so their words decide: anvil says -32003 where geth says -32000, and each has its own text.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from eth_abi.abi import decode as decode_values
from eth_abi.exceptions import DecodingError

from maskbot.domain.errors import MaskbotError, Unavailable
from maskbot.ports.chain import (
    CallReverted,
    InsufficientFunds,
    NonceTooHigh,
    NonceTooLow,
    TransactionRefused,
    Underpriced,
)

_MOST_REVERT_BYTES = 4096
_ERROR = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")
_RATE_LIMITED = (-32005, -32016, -32029)
_TOO_WIDE = ("query returned", "more than", "range", "response size", "too many results", "too many logs")


class NodeUnavailable(Unavailable):
    """A node does not answer, or not now. Whether it got the question is not known."""

    kind = "NodeUnavailable"


class NodeUnreachable(NodeUnavailable):
    """No connection: the node got nothing."""

    kind = "NodeUnreachable"


class NodeRefuses(Unavailable):
    """A node does not do what was asked, for a reason of its own (pruned history, an unknown method, too wide a range)."""

    kind = "NodeRefuses"


class Complaint(Protocol):
    """A node's error object."""

    @property
    def code(self) -> int: ...
    @property
    def message(self) -> str: ...
    @property
    def data(self) -> bytes | None: ...


class SendAnswer(Enum):
    """What a node said to a transaction."""

    TAKEN = "taken"
    NONCE_TOO_LOW = "nonce too low"
    NONCE_TOO_HIGH = "nonce too high"
    UNDERPRICED = "underpriced"
    INSUFFICIENT_FUNDS = "insufficient funds"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"


_SEND_WORDS: tuple[tuple[SendAnswer, tuple[str, ...]], ...] = (
    (
        SendAnswer.TAKEN,
        ("already known", "already imported", "known transaction", "already in the pool", "alreadyknown"),
    ),
    (SendAnswer.NONCE_TOO_LOW, ("nonce too low", "nonce is too low", "oldnonce", "invalid nonce; got")),
    (SendAnswer.NONCE_TOO_HIGH, ("nonce too high", "nonce is too high", "nonce gap", "noncegap")),
    (
        SendAnswer.UNDERPRICED,
        (
            "underpriced",
            "fee too low",
            "feetoolow",
            "gas price too low",
            "less than block base fee",
            "below the minimum",
            "below minimum",
            "tip too low",
            "replacement fee",
        ),
    ),
    (
        SendAnswer.INSUFFICIENT_FUNDS,
        ("insufficient funds", "insufficient balance", "not enough funds", "lack of funds"),
    ),
    (
        SendAnswer.REFUSED,
        (
            "intrinsic gas",
            "exceeds block gas limit",
            "gas limit reached",
            "gas limit is too",
            "gas too high",
            "oversized",
            "invalid sender",
            "invalid signature",
            "chain id",
            "chainid",
            "max initcode",
            "tip higher than fee cap",
            "priority fee",
            "not supported",
            "exceeds the configured cap",
        ),
    ),
)


def send_answer(problem: Complaint) -> SendAnswer:
    """What a complaint means for the transaction that was sent; UNKNOWN unless its words are known."""
    words = problem.message.lower()
    return next((answer for answer, texts in _SEND_WORDS if any(text in words for text in texts)), SendAnswer.UNKNOWN)


def send_error(answer: SendAnswer) -> MaskbotError:
    """The error of a transaction that no node took, when all said why."""
    match answer:
        case SendAnswer.NONCE_TOO_LOW:
            return NonceTooLow("the nonce of this transaction is used up; look for receipts of all its attempts")
        case SendAnswer.NONCE_TOO_HIGH:
            return NonceTooHigh("the nodes do not take a transaction so far ahead of the account's nonce")
        case SendAnswer.UNDERPRICED:
            return Underpriced("the fees of this transaction are below what the nodes take now")
        case SendAnswer.INSUFFICIENT_FUNDS:
            return InsufficientFunds("the account has less than the value and the gas limit at the highest price")
        case _:
            return TransactionRefused("the nodes refuse this transaction (gas limit, size or signature)")


def problem_of(problem: Complaint) -> MaskbotError:
    """The error that a complaint about a read or a simulation means."""
    words = problem.message.lower()
    if problem.code == 3 or problem.data is not None or "revert" in words:
        return CallReverted(reason=revert_reason(problem), data=(problem.data or b"")[:_MOST_REVERT_BYTES])
    if any(text in words for text in _TOO_WIDE):  # before the rate: some nodes use one code for both
        return NodeRefuses(f"the node finds the question too wide (code {problem.code})")
    if problem.code in _RATE_LIMITED or "rate limit" in words or "too many requests" in words:
        return NodeUnavailable("the node limits our rate")
    if "insufficient funds" in words or "gas required exceeds allowance" in words:
        return InsufficientFunds("the account has too little for this call's value and gas")
    return NodeRefuses(f"the node refuses (code {problem.code})")


def revert_reason(problem: Complaint) -> str:
    """The contract's text, at most 200 printable characters; `panic 0x..` for a Solidity panic; '' without one."""
    data = problem.data or b""
    if data.startswith(_PANIC) and len(data) >= 36:
        return f"panic {int.from_bytes(data[4:36], 'big'):#x}"[:32]
    text = ""
    if data.startswith(_ERROR):
        try:
            text = decode_values(["bytes"], data[4:])[0].decode("utf-8", "replace")
        except (DecodingError, OverflowError):
            return ""
    elif not data:
        text = problem.message.partition("execution reverted: ")[2]
    return "".join(letter for letter in text if letter.isprintable())[:200]
