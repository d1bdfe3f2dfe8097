"""Approvals by mention: `approve ID CODE` and `reject ID CODE`, or a signature in the place of the code.

A reply never names an amount or a recipient, and tells a stranger the same whatever there is. Who counts is decided by the policy
of the wallet, by platform ids and keys alone. Source: reliability.md E2, E3, R19.
"""

from __future__ import annotations

import re

from maskbot.domain.approval import (
    CODE_LETTERS,
    ID_LETTERS,
    ApprovalFact,
    ApprovalNeed,
    ApprovalVerdict,
    GiveApproval,
    typed_code,
)
from maskbot.domain.post import Visibility
from maskbot.domain.request import Answer, Facts, Need, Request

HOW = "Please copy the words from `maskbot approval list`: approve ID CODE, or reject ID CODE."
_ID = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,28}", re.ASCII)
_SIGNATURE = re.compile(r"0x([0-9a-f]{130})", re.ASCII)
_WORDS = {
    ApprovalVerdict.UNKNOWN: f"I know no such payment that waits for you. {HOW}",
    ApprovalVerdict.OWN_REQUEST: "Who requested a payment cannot approve it.",
    ApprovalVerdict.SAID_BEFORE: "You have said yes or no to this payment before; that stands.",
}


class ApprovalApplet:
    """Answers `approve` and `reject`."""

    name = "approval"
    verbs: tuple[str, ...] = ("approve", "reject")

    def accepts(self, request: Request) -> bool:
        """Only by verb."""
        return False

    def needs(self, request: Request) -> tuple[Need, ...]:
        """The payment that is meant."""
        need = _read(request)
        return () if need is None else (need,)

    def decide(self, request: Request, facts: Facts) -> Answer:
        """The approval to record, or why it does not count."""
        need = _read(request)
        if need is None:
            if request.is_thread:
                return Answer.silence("approval_malformed")
            return Answer(words=HOW, reason="approval_malformed", widest=Visibility.DIRECT)
        fact = facts[need]
        assert isinstance(fact, ApprovalFact)
        if fact.approval is None:
            return Answer(words=_WORDS[fact.verdict], reason=f"approval_{fact.verdict}", widest=Visibility.DIRECT)
        return Answer(
            words=_noted(fact, id_=fact.approval.intent_id[:ID_LETTERS]),
            reason="approved" if need.is_yes else "rejected",
            widest=Visibility.DIRECT,
            effects=(GiveApproval(fact.approval),),
            is_counted=False,
        )


def _read(request: Request) -> ApprovalNeed | None:
    """What the words say, None unless they are an id and a code or signature, and nothing else."""
    if len(request.args) != 2 or _ID.fullmatch(request.args[0]) is None:
        return None
    id_prefix, word = request.args
    is_yes = request.verb == "approve"
    signature = _SIGNATURE.fullmatch(word)
    if signature is not None:
        return ApprovalNeed(id_prefix, is_yes, signature=bytes.fromhex(signature[1]))
    return ApprovalNeed(id_prefix, is_yes, code=typed_code(word)) if len(word) == CODE_LETTERS else None


def _noted(fact: ApprovalFact, *, id_: str) -> str:
    if fact.approval is not None and not fact.approval.is_yes:
        return f"Noted: payment {id_} is rejected."
    if fact.still_needed:
        return f"Noted: your yes to payment {id_}. It needs {fact.still_needed} more."
    return f"Noted: payment {id_} has the approvals it needs."
