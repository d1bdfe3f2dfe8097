"""Which waiting payment a mention says yes or no to, and whether that counts. Called inside the write transaction (E2, E3, R19)."""

from __future__ import annotations

from maskbot.domain.approval import ApprovalFact, ApprovalNeed, ApprovalVerdict, account_approver, approval_code
from maskbot.domain.mention import Mention
from maskbot.domain.spending import Approval, SpendingPolicy, approval_text
from maskbot.domain.transaction import Intent
from maskbot.flows.decide.payment import record_approval
from maskbot.flows.decide.payment.end import locked
from maskbot.ports.store import Work
from maskbot.wire.crypto import address_text
from maskbot.wire.transaction import KEY_PREFIX, agreed, is_requester, may_approve, signer_of_text

_MOST_MEANT = 5_000
_MOST_SIGNED = 64
"""How many payments one id prefix may mean. Each costs a hash; with a signature each costs its check, and people copy whole ids."""


def approval_fact(need: ApprovalNeed, mention: Mention, *, work: Work) -> ApprovalFact:
    """Whether what the mention says counts. Only an approver whom the wallet's policy lists learns that a payment is there."""
    meant = []
    states = {"planned"} if need.is_yes else {"planned", "approved"}
    most = _MOST_MEANT if need.signature is None else _MOST_SIGNED
    for intent in work.treasury.intents.in_states(states, id_prefix=need.id_prefix, limit=most):
        if intent.tenant_id != mention.tenant_id or not intent.needed_approvals:
            continue
        approval = _approval(need, mention, intent)
        policy = None if approval is None else work.treasury.rules.load_policy(intent.wallet_id)
        if approval is not None and policy is not None and approval.approver in policy.approvers:
            meant.append((intent, approval, policy))
    if len(meant) != 1:
        return ApprovalFact(ApprovalVerdict.UNKNOWN)
    return _judged(*meant[0], states=states, work=work)


def give_approval(approval: Approval, *, work: Work, now_ms: int) -> None:
    """Record it. Raises like `record_approval`; what `approval_fact` found in the same transaction does not raise."""
    record_approval(approval, work=work, now_ms=now_ms)


def _approval(need: ApprovalNeed, mention: Mention, intent: Intent) -> Approval | None:
    """What is said about this payment, None if it is about another one. With a signature, whoever carries it: its key says it."""
    if need.signature is None:
        if need.code != approval_code(intent.id, call_digest=intent.call_digest):
            return None
        approver = account_approver(mention.post.author.person)
        return Approval(intent.id, approver, need.is_yes, intent.call_digest)
    text = approval_text(intent.id, call_digest=intent.call_digest, is_yes=need.is_yes)
    signer = signer_of_text(text, signature=need.signature)
    if signer is None:
        return None
    return Approval(intent.id, KEY_PREFIX + address_text(signer), need.is_yes, intent.call_digest, need.signature)


def _judged(
    intent: Intent, approval: Approval, policy: SpendingPolicy, *, states: set[str], work: Work
) -> ApprovalFact:
    now = locked(intent.id, work=work)
    if now is None or now.state not in states:
        return ApprovalFact(ApprovalVerdict.UNKNOWN)
    if is_requester(approval.approver, intent=now):
        return ApprovalFact(ApprovalVerdict.OWN_REQUEST)
    said = work.treasury.rules.approvals(now.id)
    if any(one.approver == approval.approver for one in said):
        return ApprovalFact(ApprovalVerdict.SAID_BEFORE)
    if may_approve(approval, intent=now, policy=policy) is not None:
        return ApprovalFact(ApprovalVerdict.UNKNOWN)
    yes = len(agreed([*said, approval], intent=now, policy=policy))
    return ApprovalFact(ApprovalVerdict.COUNTS, approval, max(0, now.needed_approvals - yes))
