"""Calls that are simulated on the pending block, many in one batch (red-packets.md 3.5, reliability.md C.3 1)."""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.adapters.evm.endpoint import Endpoint, Problem, Result, value_of
from maskbot.adapters.evm.fields import Json, data, small, to_hex
from maskbot.domain.chain import Call, Simulated
from maskbot.domain.errors import MaskbotError
from maskbot.wire.crypto import address_text

LONGEST_RESULT = 128 * 1024


def simulated_at(node: Endpoint, calls: Sequence[Call]) -> list[Simulated | MaskbotError]:
    """What one node says each call would do. Both questions are needed: some nodes estimate gas without a look at the balance.

    Raises: WrongChain, Unavailable, NodeAnswerMalformed: the node does not answer the batch.
    """
    questions: list[tuple[str, list[Json]]] = []
    for call in calls:
        fields = call_fields(call)
        questions += [("eth_call", [fields, "pending"]), ("eth_estimateGas", [fields, "pending"])]
    answers = node.ask_many(questions)
    return [_simulated(said, needed) for said, needed in zip(answers[::2], answers[1::2], strict=True)]


def call_fields(call: Call) -> dict[str, Json]:
    """A call as JSON-RPC writes it."""
    fields: dict[str, Json] = {"data": to_hex(call.data)}
    if call.to is not None:
        fields["to"] = address_text(call.to)
    if call.sender is not None:
        fields["from"] = address_text(call.sender)
    if call.value_wei:
        fields["value"] = to_hex(call.value_wei)
    if call.gas is not None:
        fields["gas"] = to_hex(call.gas)
    return fields


def _simulated(said: Result | Problem, needed: Result | Problem) -> Simulated | MaskbotError:
    try:
        answer = data(value_of(said), where="result", longest=LONGEST_RESULT)
        return Simulated(answer, small(value_of(needed), where="gas"))
    except MaskbotError as error:
        return error
