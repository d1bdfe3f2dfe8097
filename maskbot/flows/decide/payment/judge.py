"""Judge planned payments that were simulated: policy decision and reservation, in one transaction (reliability.md C.3 1).

Many of one wallet are judged together, one after the other: what is approved counts for those behind it. What is read is read once
for all of them, and what is recorded is recorded at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from maskbot.domain.audit import NewEntry
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.spending import (
    Effect,
    SpendingPolicy,
    SpendingRefused,
    amounts_of,
    check_caps,
    check_effect,
    needed_approvals,
)
from maskbot.domain.transaction import Intent
from maskbot.domain.wallet import Wallet
from maskbot.flows.decide.payment.end import end_payment
from maskbot.ports.store import Work
from maskbot.ports.treasury import Move
from maskbot.wire.transaction import agreed, effect_of

DAY_MS = 86_400_000
AWAITING = "AwaitingApproval"


def judge_payment(intent_id: str, *, gas_limit: int, work: Work, now_ms: int) -> str:
    """Approve the payment, let it wait for people, or reject it; its state after. One that is not planned is left alone."""
    return judge_payments({intent_id: gas_limit}, work=work, now_ms=now_ms).get(intent_id, "")


def judge_payments(gas_limits: Mapping[str, int], *, work: Work, now_ms: int) -> Mapping[str, str]:
    """Judge payments by their ids, with the gas limit of each; their states after. One that is gone is left out."""
    wallet_ids = {one.wallet_id for one in work.treasury.intents.load(list(gas_limits)).values()}
    wallets = {one.id: one for id_ in sorted(wallet_ids) if (one := work.treasury.wallets.lock(id_)) is not None}
    intents = work.treasury.intents.load(list(gas_limits))  # as they are under the locks
    states = {one.id: one.state for one in intents.values()}
    for wallet in wallets.values():
        planned = [
            intents[id_]
            for id_ in gas_limits
            if id_ in intents and intents[id_].wallet_id == wallet.id and intents[id_].state == "planned"
        ]
        states |= _judge(planned, wallet, gas_limits=gas_limits, work=work, now_ms=now_ms)
    return states


def _judge(
    planned: Sequence[Intent], wallet: Wallet, *, gas_limits: Mapping[str, int], work: Work, now_ms: int
) -> dict[str, str]:
    policy, today = work.treasury.rules.load_policy(wallet.id), now_ms // DAY_MS
    reserved = work.treasury.spending.reserved_days([one.id for one in planned])
    totals = dict(work.treasury.spending.totals(wallet.id, *_effects(planned), day=today))
    fresh, approved, waiting, states = list[tuple[Intent, Effect]](), list[Move](), list[Intent](), dict[str, str]()
    for intent in planned:
        gas_limit, is_new = gas_limits[intent.id], intent.id not in reserved
        try:
            effect = _allowed(intent, policy, wallet=wallet, gas_limit=gas_limit, now_ms=now_ms)
            assert policy is not None
            if is_new:
                check_caps(policy, effect, totals=totals)
        except (Refused, Malformed) as error:
            kind = f"{error.kind}:{error.rule}" if isinstance(error, SpendingRefused) else error.kind
            end_payment(intent, after="rejected", actor="policy", error_kind=kind, work=work, now_ms=now_ms)
            states[intent.id] = "rejected"
            continue
        if is_new:
            fresh.append((intent, effect))
            for key, amount in amounts_of(effect).items():
                totals[key] = totals.get(key, 0) + amount
        needed = needed_approvals(policy, effect)
        if needed and len(agreed(work.treasury.rules.approvals(intent.id), intent=intent, policy=policy)) < needed:
            work.treasury.intents.note(
                intent.id, now_ms=now_ms, error_kind=AWAITING, needed_approvals=needed, gas_limit=gas_limit
            )
            waiting.append(intent)
            states[intent.id] = "planned"
            continue
        approved.append(Move(intent.id, "planned", "approved", gas_limit=gas_limit, needed_approvals=needed))
        states[intent.id] = "approved"
    work.treasury.spending.reserve(*fresh, day=today, now_ms=now_ms)
    work.treasury.intents.move_all(approved, now_ms=now_ms)
    if approved:
        work.jobs.add([NewJob(JobKind.SWEEP_WALLET, wallet.id, wallet.tenant_id, now_ms)])
    moved = {move.intent_id for move in approved}
    entries = [
        *(NewEntry("policy", "payment.awaiting_approval", one.id, one.call_digest) for one in waiting),
        *(NewEntry("policy", "payment.approved", one.id, one.call_digest) for one in planned if one.id in moved),
    ]
    work.treasury.audit.append(*entries, now_ms=now_ms)
    return states


def _effects(intents: Iterable[Intent]) -> list[Effect]:
    """The effects that can be told; the others are rejected when it is their turn."""
    effects = []
    for intent in intents:
        try:
            effects.append(effect_of(intent.call))
        except Malformed:
            continue
    return effects


def _allowed(intent: Intent, policy: SpendingPolicy | None, *, wallet: Wallet, gas_limit: int, now_ms: int) -> Effect:
    if intent.deadline_ms is not None and now_ms > intent.deadline_ms:
        raise Refused("the payment's deadline has passed", kind="Expired")
    if policy is None:
        raise SpendingRefused("policy", "the wallet has no policy, so nothing may be paid from it")
    if gas_limit > policy.max_gas:
        raise SpendingRefused("gas", f"the call needs {gas_limit} gas, the policy allows {policy.max_gas}")
    effect = effect_of(intent.call)
    check_effect(policy, effect, chain_id=intent.chain_id, own=wallet.address)
    return effect
