"""Hand stored bytes to the nodes, and record what they said (reliability.md C.3 3, the table of answers)."""

from __future__ import annotations

import structlog

from maskbot.domain.errors import Refused, Unconfirmed
from maskbot.domain.transaction import Attempt, Intent
from maskbot.flows.act.payment_parts import PaymentParts
from maskbot.flows.decide.payment.end import locked
from maskbot.ports.chain import NonceTooLow, Underpriced

log = structlog.get_logger()


def submit_transaction(intent: Intent, attempt: Attempt, *, parts: PaymentParts) -> bool:
    """Send an attempt; whether the next nonce may be sent too. Safe to repeat: the same bytes are the same transaction.

    Accepted or already known: broadcast. Nonce too low: looked for in the next sweep. Underpriced: replaced in the next sweep. No
    answer: unknown, and treated as sent. Any other refusal keeps it and everything behind it waiting.

    Raises: Unavailable (no node was reached), Misconfigured (wrong chain).
    """
    chain = parts.chain_of(intent.chain_id)
    parts.reach("send.before")
    after: str | None = None
    error_kind: str | None = None
    goes_on = True
    try:
        chain.submit(attempt.raw)
        after = "broadcast"
    except NonceTooLow as error:
        after, error_kind = "unknown", error.kind
    except Unconfirmed as error:
        after, error_kind = "unknown", error.kind
    except Underpriced as error:
        error_kind, goes_on = error.kind, intent.state != "signed"
    except Refused as error:
        error_kind, goes_on = error.kind, False
    parts.reach("send.after")
    _record(intent, attempt, after=after, error_kind=error_kind, parts=parts)
    parts.reach("send.recorded")
    if error_kind is not None:
        log.warning("transaction.not_taken", intent_id=intent.id, nonce=intent.nonce, error=error_kind)
    return goes_on


def _record(
    intent: Intent, attempt: Attempt, *, after: str | None, error_kind: str | None, parts: PaymentParts
) -> None:
    now_ms = parts.clock.now_ms()
    with parts.store.write() as work:
        found = locked(intent.id, work=work)
        if found is None:
            return
        if after is not None:
            work.treasury.attempts.mark_sent(attempt.tx_hash, now_ms=now_ms)
        if after is not None and found.state in ("signed", "broadcast", "unknown") and found.state != after:
            work.treasury.intents.move(found.id, before=found.state, after=after, now_ms=now_ms, error_kind=error_kind)
        elif found.state in ("signed", "broadcast", "unknown", "cancelling"):
            work.treasury.intents.note(found.id, now_ms=now_ms, error_kind=error_kind)
        parts.reach("send.in_transaction")
