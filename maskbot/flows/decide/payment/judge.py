"""Judge a planned payment that was simulated: policy decision and reservation, in one transaction (reliability.md C.3 1)."""

from __future__ import annotations

from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.spending import Effect, SpendingPolicy, SpendingRefused, check_caps, check_effect, needed_approvals
from maskbot.domain.transaction import Intent
from maskbot.flows.decide.payment.end import end_payment, locked
from maskbot.ports.store import Work
from maskbot.wire.transaction import agreed, effect_of

DAY_MS = 86_400_000
AWAITING = "AwaitingApproval"


def judge_payment(intent_id: str, *, gas_limit: int, work: Work, now_ms: int) -> str:
    """Approve the payment, let it wait for people, or reject it; its state after. One that is not planned is left alone."""
    intent = locked(intent_id, work=work)
    if intent is None or intent.state != "planned":
        return "" if intent is None else intent.state
    policy = work.treasury.rules.load_policy(intent.wallet_id)
    try:
        effect = _allowed(intent, policy, gas_limit=gas_limit, work=work, now_ms=now_ms)
    except (Refused, Malformed) as error:
        kind = f"{error.kind}:{error.rule}" if isinstance(error, SpendingRefused) else error.kind
        end_payment(intent, after="rejected", actor="policy", error_kind=kind, work=work, now_ms=now_ms)
        return "rejected"
    if work.treasury.spending.reserved_day(intent.id) is None:
        work.treasury.spending.reserve(intent, effect, day=now_ms // DAY_MS, now_ms=now_ms)
    assert policy is not None
    needed = needed_approvals(policy, effect)
    yes = agreed(work.treasury.rules.approvals(intent.id), intent=intent, policy=policy)
    if len(yes) < needed:
        work.treasury.intents.note(
            intent.id, now_ms=now_ms, error_kind=AWAITING, needed_approvals=needed, gas_limit=gas_limit
        )
        waiting = NewEntry("policy", "payment.awaiting_approval", intent.id, intent.call_digest)
        work.treasury.audit.append(waiting, now_ms=now_ms)
        return "planned"
    work.treasury.intents.note(intent.id, now_ms=now_ms, needed_approvals=needed)
    work.treasury.intents.move(intent.id, before="planned", after="approved", now_ms=now_ms, gas_limit=gas_limit)
    work.jobs.add([NewJob(JobKind.SWEEP_WALLET, intent.wallet_id, intent.tenant_id, now_ms)])
    work.treasury.audit.append(NewEntry("policy", "payment.approved", intent.id, intent.call_digest), now_ms=now_ms)
    return "approved"


def _allowed(intent: Intent, policy: SpendingPolicy | None, *, gas_limit: int, work: Work, now_ms: int) -> Effect:
    if intent.deadline_ms is not None and now_ms > intent.deadline_ms:
        raise Refused("the payment's deadline has passed", kind="Expired")
    if policy is None:
        raise SpendingRefused("policy", "the wallet has no policy, so nothing may be paid from it")
    if gas_limit > policy.max_gas:
        raise SpendingRefused("gas", f"the call needs {gas_limit} gas, the policy allows {policy.max_gas}")
    effect = effect_of(intent.call)
    own = work.treasury.wallets.load([intent.wallet_id])[0].address
    check_effect(policy, effect, chain_id=intent.chain_id, own=own)
    if work.treasury.spending.reserved_day(intent.id) is None:
        totals = work.treasury.spending.totals(intent.wallet_id, effect, day=now_ms // DAY_MS)
        check_caps(policy, effect, totals=totals)
    return effect
