"""Take a payment that waits in a hosted wallet over to a Safe: it is rejected here for good, and proposed there (applets.md
1.2)."""

from __future__ import annotations

from maskbot.domain.errors import Refused
from maskbot.domain.safe import Proposal, ProposalOrder, SafeLook
from maskbot.domain.transaction import PaymentGone
from maskbot.flows.decide.payment import end_payment
from maskbot.flows.decide.payment.end import locked
from maskbot.flows.decide.safe.plan import plan_proposal
from maskbot.ports.store import Work

TAKEN = "payment"
_UNSIGNED = frozenset({"planned", "approved"})


def take_payment(
    intent_id: str,
    *,
    safe_id: str,
    wallet_id: str,
    look: SafeLook,
    queued_nonce: int,
    requested_by: str,
    work: Work,
    now_ms: int,
) -> Proposal:
    """Reject the payment and propose its call to the Safe, in one transaction: it is never made twice. Taking it again gives the
    same proposal.

    Raises:
        PaymentGone: it is signed, or has ended otherwise. SpendingRefused, Refused (NoSuchRow): see `plan_proposal`.
        Refused (HasOwner): a part of the service waits for it and would plan it anew.
    """
    intent = locked(intent_id, work=work)
    if intent is None:
        raise Refused(f"no payment {intent_id}", kind="NoSuchRow")
    there = work.treasury.proposals.find(purpose=TAKEN, purpose_id=intent.id)
    if there is not None:
        return there
    if intent.state not in _UNSIGNED:
        raise PaymentGone(
            f"the payment is {intent.state}: only one that is not signed can be proposed to a Safe instead"
        )
    if intent.followup is not None:
        raise Refused(
            "this payment belongs to a giveaway or a packet, which would plan it anew: reject it, and pay that from the Safe "
            "(`maskbot giveaway pay CODE --safe NAME --wallet NAME`)",
            kind="HasOwner",
        )
    safes = work.treasury.safes.load([safe_id])
    if not safes or (safes[0].chain_id, safes[0].tenant_id) != (intent.chain_id, intent.tenant_id):
        raise Refused(f"name a Safe of the same tenant on chain {intent.chain_id}", kind="NoSuchRow")
    end_payment(intent, after="rejected", actor=requested_by, error_kind="ProposedToSafe", work=work, now_ms=now_ms)
    order = ProposalOrder(safe_id, wallet_id, TAKEN, intent.id, intent.call, False, requested_by)
    return plan_proposal(order, look=look, queued_nonce=queued_nonce, work=work, now_ms=now_ms)
