"""Payments, decided: planned, judged by the policy, approved by people, cancelled, ended. All of it in the caller's transaction.

A room that owes money calls `plan_payment` in the transaction that records why, with a purpose and an id that are the same however
often it is asked. The payment then goes its way by jobs; `PaymentOrder.followup` names the job that is added when it has ended.

>>> from maskbot.domain.transaction import PaymentOrder
>>> PaymentOrder.__dataclass_fields__.keys() >= {"wallet_id", "purpose", "purpose_id", "call", "requested_by"}
True
"""

from __future__ import annotations

from maskbot.flows.decide.payment.approve import record_approval
from maskbot.flows.decide.payment.end import (
    cancel_payment,
    end_payment,
    end_payments,
    final_hash,
    quarantine,
    release_wallet,
)
from maskbot.flows.decide.payment.judge import judge_payment, judge_payments
from maskbot.flows.decide.payment.plan import plan_payment
from maskbot.flows.decide.payment.promised import promised_units

__all__ = [
    "cancel_payment",
    "end_payment",
    "end_payments",
    "final_hash",
    "judge_payment",
    "judge_payments",
    "plan_payment",
    "promised_units",
    "quarantine",
    "record_approval",
    "release_wallet",
]
