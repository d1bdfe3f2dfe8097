"""What people say about a payment that waits for them (R19)."""

from __future__ import annotations

from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Refused
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.spending import Approval
from maskbot.domain.transaction import PaymentGone
from maskbot.flows.decide.payment.end import end_payment, locked
from maskbot.flows.decide.payment.judge import judge_payment
from maskbot.ports.store import Work
from maskbot.wire.transaction import may_approve


def record_approval(approval: Approval, *, work: Work, now_ms: int) -> str:
    """Record a yes or a no; the payment's state after it. A no rejects; enough yes approve.

    Raises:
        Refused: it does not count (NotAnApprover), the same person spoke before (AlreadyThere), or no such payment (NoSuchRow).
        PaymentGone: the payment does not wait any more.
    """
    intent = locked(approval.intent_id, work=work)
    if intent is None:
        raise Refused(f"no payment {approval.intent_id}", kind="NoSuchRow")
    policy = work.treasury.rules.load_policy(intent.wallet_id)
    if policy is None:
        raise Refused("the wallet has no policy, so nothing may be paid from it", kind="NoPolicy")
    reason = may_approve(approval, intent=intent, policy=policy)
    if reason is not None:
        raise Refused(f"this does not count: {reason}", kind="NotAnApprover")
    if intent.state != "planned" and not (intent.state == "approved" and not approval.is_yes):
        raise PaymentGone(f"the payment is {intent.state}: there is nothing to agree to any more")
    work.treasury.rules.add_approval(approval, now_ms=now_ms)
    if not approval.is_yes:
        end_payment(
            intent, after="rejected", actor=approval.approver, error_kind="RejectedByPerson", work=work, now_ms=now_ms
        )
        return "rejected"
    state = "planned"
    if intent.gas_limit is not None and intent.needed_approvals:
        state = judge_payment(intent.id, gas_limit=intent.gas_limit, work=work, now_ms=now_ms)
    else:  # not judged yet: the job that does it counts this approval
        work.jobs.add([NewJob(JobKind.CHECK_PAYMENT, intent.id, intent.tenant_id, now_ms)])
    work.treasury.audit.append(
        NewEntry(approval.approver, "payment.agreed", intent.id, approval.call_digest), now_ms=now_ms
    )
    return state
