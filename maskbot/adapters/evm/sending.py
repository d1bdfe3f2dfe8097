"""Sending signed bytes to every node, and what their answers mean together (reliability.md C.3, step 3)."""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.adapters.evm.endpoint import Endpoint, Problem, Result
from maskbot.adapters.evm.errors import NodeUnavailable, NodeUnreachable, SendAnswer, send_answer, send_error
from maskbot.adapters.evm.fields import to_hex
from maskbot.domain.errors import MaskbotError, Refused, Unavailable
from maskbot.ports.chain import NodeAnswerMalformed, SubmissionUnknown
from maskbot.wire.crypto import keccak256

LARGEST_RAW_BYTES = 128 * 1024
_ORDER = (
    SendAnswer.NONCE_TOO_LOW,
    SendAnswer.UNDERPRICED,
    SendAnswer.INSUFFICIENT_FUNDS,
    SendAnswer.NONCE_TOO_HIGH,
    SendAnswer.REFUSED,
)


def send_all_to(node: Endpoint, raws: Sequence[bytes]) -> list[SendAnswer]:
    """What one node says to each of these bytes, which it gets in this order: in one batch, or one by one if there is only one or
    the node does not take the batch. To send again what was taken does no harm. Raises WrongChain."""
    if len(raws) > 1 and max(map(len, raws)) <= LARGEST_RAW_BYTES:
        try:
            node.check_chain()
        except (Unavailable, NodeAnswerMalformed):
            return [SendAnswer.UNREACHABLE] * len(raws)  # the question before them failed, so the bytes were not sent
        try:
            answers = node.ask_many([("eth_sendRawTransaction", [to_hex(raw)]) for raw in raws])
        except NodeUnreachable:
            return [SendAnswer.UNREACHABLE] * len(raws)
        except NodeUnavailable:
            return [SendAnswer.UNKNOWN] * len(raws)
        except (Unavailable, Refused, NodeAnswerMalformed):
            pass  # it takes no batches, or none so large
        else:
            return [_answer(one, raw) for one, raw in zip(answers, raws, strict=True)]
    return [send_to(node, raw) for raw in raws]


def send_to(node: Endpoint, raw: bytes) -> SendAnswer:
    """What one node says to the bytes. Another hash than theirs is a lie, and so no answer. Raises WrongChain."""
    if len(raw) > LARGEST_RAW_BYTES:
        return SendAnswer.REFUSED
    try:
        node.check_chain()
    except (Unavailable, NodeAnswerMalformed):
        return SendAnswer.UNREACHABLE  # the question before it failed, so the bytes were not sent
    try:
        return _answer(node.ask_raw("eth_sendRawTransaction", to_hex(raw)), raw)
    except NodeUnreachable:
        return SendAnswer.UNREACHABLE
    except (NodeUnavailable, NodeAnswerMalformed):
        return SendAnswer.UNKNOWN


def merged(answers: Sequence[SendAnswer]) -> MaskbotError | None:
    """What the nodes say together: None if one took the transaction, else the error of `merge_answers`."""
    try:
        merge_answers(answers)
    except MaskbotError as error:
        return error
    return None


def _answer(answer: Result | Problem, raw: bytes) -> SendAnswer:
    if isinstance(answer, Problem):
        return send_answer(answer)
    return SendAnswer.TAKEN if answer.value == to_hex(keccak256(raw)) else SendAnswer.UNKNOWN


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
