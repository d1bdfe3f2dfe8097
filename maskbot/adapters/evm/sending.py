"""Sending signed bytes to every node, and what their answers mean together (reliability.md C.3, step 3)."""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.adapters.evm.endpoint import Endpoint, Problem
from maskbot.adapters.evm.errors import NodeUnavailable, NodeUnreachable, SendAnswer, send_answer, send_error
from maskbot.adapters.evm.fields import to_hex
from maskbot.domain.errors import Unavailable
from maskbot.ports.chain import NodeAnswerMalformed, SubmissionUnknown

LARGEST_RAW_BYTES = 128 * 1024
_ORDER = (
    SendAnswer.NONCE_TOO_LOW,
    SendAnswer.UNDERPRICED,
    SendAnswer.INSUFFICIENT_FUNDS,
    SendAnswer.NONCE_TOO_HIGH,
    SendAnswer.REFUSED,
)


def send_to(node: Endpoint, raw: bytes, *, tx_hash: bytes) -> SendAnswer:
    """What one node says to the bytes. Another hash than theirs is a lie, and so no answer. Raises WrongChain."""
    if len(raw) > LARGEST_RAW_BYTES:
        return SendAnswer.REFUSED
    try:
        node.check_chain()
    except (Unavailable, NodeAnswerMalformed):
        return SendAnswer.UNREACHABLE  # the question before it failed, so the bytes were not sent
    try:
        answer = node.ask_raw("eth_sendRawTransaction", to_hex(raw))
    except NodeUnreachable:
        return SendAnswer.UNREACHABLE
    except (NodeUnavailable, NodeAnswerMalformed):
        return SendAnswer.UNKNOWN
    if isinstance(answer, Problem):
        return send_answer(answer)
    return SendAnswer.TAKEN if answer.value == to_hex(tx_hash) else SendAnswer.UNKNOWN


def merge_answers(answers: Sequence[SendAnswer]) -> None:
    """Return if one node took the transaction; else raise.

    Raises:
        SubmissionUnknown: one may have taken it.
        Unavailable: no node was reached.
        Refused: all that were reached refuse; the error that has to be looked into first.
    """
    if SendAnswer.TAKEN in answers:
        return
    if SendAnswer.UNKNOWN in answers:
        raise SubmissionUnknown("the transaction was sent, and no node said what became of it")
    for one in _ORDER:
        if one in answers:
            raise send_error(one)
    raise NodeUnreachable("no node of the chain can be reached; nothing was sent")
