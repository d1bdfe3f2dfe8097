"""Plan a payment: record what we owe, once for ever (reliability.md C.2, C.3)."""

from __future__ import annotations

from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Refused
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.transaction import Intent, PaymentOrder
from maskbot.ports.store import Work


def plan_payment(order: PaymentOrder, *, work: Work, now_ms: int) -> Intent:
    """Record the payment and the job that checks it; the intent, which may be one that was planned before and is on its way or has
    ended. Safe to repeat: the same purpose and id is one payment, whatever happens.

    Raises:
        OtherPayment: there is a payment of this purpose and id with another wallet or call.
        Refused (NoSuchRow): no such wallet.
    """
    wallet = work.treasury.wallets.lock(order.wallet_id)
    if wallet is None:
        raise Refused(f"no wallet {order.wallet_id}", kind="NoSuchRow")
    intent, is_new = work.treasury.intents.add(order, wallet=wallet, now_ms=now_ms)
    if is_new:
        work.jobs.add([NewJob(JobKind.CHECK_PAYMENT, intent.id, intent.tenant_id, now_ms)])
        planned = NewEntry(intent.requested_by, "payment.planned", intent.id, intent.call_digest)
        work.treasury.audit.append(planned, now_ms=now_ms)
    return intent
