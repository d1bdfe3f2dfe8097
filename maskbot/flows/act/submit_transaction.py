"""Hand stored bytes to the nodes, and record what they said (reliability.md C.3 3, the table of answers)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from maskbot.domain.errors import MaskbotError, Refused, Unavailable, Unconfirmed
from maskbot.domain.transaction import Attempt, Intent
from maskbot.flows.act.payment_parts import PaymentParts
from maskbot.flows.decide.payment.end import locked_all
from maskbot.ports.chain import NonceTooLow, Underpriced
from maskbot.ports.treasury import Move

log = structlog.get_logger()
_SENT = frozenset({"signed", "broadcast", "unknown"})


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one attempt: the state it is in now (None: as it was), and why it was not simply taken."""

    intent: Intent
    attempt: Attempt
    after: str | None
    error_kind: str | None
    goes_on: bool


def submit_transactions(due: Sequence[tuple[Intent, Attempt]], *, parts: PaymentParts) -> bool:
    """Send attempts of one wallet in the order of their nonces; whether later nonces may be sent too. Safe to repeat: the same
    bytes are the same transaction.

    Accepted or already known: broadcast. Nonce too low: looked for in the next sweep. Underpriced: replaced in the next sweep. No
    answer: unknown, and treated as sent. Any other refusal keeps it and everything behind it waiting.

    Raises: Unavailable (no node was reached), Misconfigured (wrong chain).
    """
    for at in range(0, len(due), parts.rules.at_once):
        piece = due[at : at + parts.rules.at_once]
        chain = parts.chain_of(piece[0][0].chain_id)
        parts.reach("send.before")
        answers = chain.submit_all([attempt.raw for _, attempt in piece])
        parts.reach("send.after")
        sent = [_sent(intent, attempt, answer) for (intent, attempt), answer in zip(piece, answers, strict=True)]
        _record(sent, parts=parts)
        parts.reach("send.recorded")
        away = next((answer for answer in answers if isinstance(answer, Unavailable)), None)
        if away is not None:
            raise away
        if not all(one.goes_on for one in sent):
            return False
    return True


def _sent(intent: Intent, attempt: Attempt, answer: MaskbotError | None) -> Sent:
    match answer:
        case None:
            return Sent(intent, attempt, "broadcast", None, goes_on=True)
        case NonceTooLow() | Unconfirmed():
            return Sent(intent, attempt, "unknown", answer.kind, goes_on=True)
        case Underpriced():
            return Sent(intent, attempt, None, answer.kind, goes_on=intent.state != "signed")
        case Refused() | Unavailable():
            return Sent(intent, attempt, None, answer.kind, goes_on=False)
        case _:
            raise answer


def _record(sent: Sequence[Sent], *, parts: PaymentParts) -> None:
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        found = locked_all([one.intent for one in sent], work=work)
        work.treasury.attempts.mark_sent(
            *(one.attempt.tx_hash for one in sent if one.after is not None and one.intent.id in found), now_ms=now_ms
        )
        moves = list[Move]()
        for one in sent:
            now = found.get(one.intent.id)
            if now is None:
                continue
            if one.after is not None and now.state in _SENT and now.state != one.after:
                moves.append(Move(now.id, now.state, one.after, error_kind=one.error_kind))
            elif now.state in _SENT | {"cancelling"} and now.error_kind != one.error_kind:
                work.treasury.intents.note(now.id, now_ms=now_ms, error_kind=one.error_kind)
            if one.error_kind is not None:
                log.warning("transaction.not_taken", intent_id=now.id, nonce=now.nonce, error=one.error_kind)
        work.treasury.intents.move_all(moves, now_ms=now_ms)
        parts.reach("send.in_transaction")
