"""How a claim goes on: it is hindered, a payment is planned for it, that payment has ended."""

from __future__ import annotations

from dataclasses import replace

from maskbot.domain.audit import NewEntry
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.packet_claim import MOST_TRIES, Hindrance, PacketClaim, Prospect
from maskbot.domain.transaction import Followup, Intent, MinedAttempt, PaymentOrder
from maskbot.flows.decide.payment import plan_payment
from maskbot.ports.store import Work
from maskbot.wire.red_packet import Share

CLAIM_PURPOSE = "packet-claim"
_LONGEST_WAIT_S = 600
"""A payment that is not signed within this is given up, and the packet looked at afresh: shares do not wait."""
_FOR_GOOD = ("SpendingRefused", "Cancelled", "RejectedByPerson")
"""A policy or a person said no: nothing is tried again by itself."""


def hinder(claim: PacketClaim, hindrance: Hindrance, *, work: Work, now_ms: int) -> PacketClaim:
    """Record what stands against taking the share; the claim as it is then."""
    after = claim.state if hindrance.then == "later" else hindrance.then
    key = None if after == "lost" else claim.sealed_key
    return work.claims.move(replace(claim, reason=hindrance.kind, sealed_key=key), after=after, now_ms=now_ms)


def plan_claim(claim: PacketClaim, prospect: Prospect, *, max_fee_wei: int, work: Work, now_ms: int) -> Intent:
    """Plan the payment that takes the share, once for each try. The chain's clock says how long the packet is open yet, ours how
    long that is from now.

    Raises: Refused (IllegalMove) if the claim is not `found` any more.
    """
    seconds = _LONGEST_WAIT_S if prospect.seconds_left is None else min(_LONGEST_WAIT_S, prospect.seconds_left)
    order = PaymentOrder(
        wallet_id=claim.wallet_id,
        purpose=CLAIM_PURPOSE,
        purpose_id=f"{claim.id}:{claim.tries}",
        call=prospect.call,
        requested_by=claim.requested_by,
        gas_limit=prospect.needed_gas,
        deadline_ms=now_ms + seconds * 1000,
        followup=Followup(JobKind.BOOK_CLAIM, claim.id),
        max_fee_wei=max_fee_wei,
    )
    intent = plan_payment(order, work=work, now_ms=now_ms)
    planned = replace(
        claim,
        reason=None,
        tries=claim.tries + 1,
        payment_id=intent.id,
        token=prospect.token,
        decimals=prospect.decimals,
        expected=prospect.share,
    )
    work.claims.move(planned, after="claiming", now_ms=now_ms)
    return intent


def end_of(
    claim: PacketClaim, intent: Intent, *, share: Share | None, mined: MinedAttempt | None
) -> tuple[PacketClaim, str]:
    """What the end of the claim's payment makes of it, and its state then. `share` is what the final transaction brought.

    A payment that moved nothing brings the claim back to `found`, to be looked at afresh: others may have been quicker, gas too
    dear, the draw have met a burnt token. What the policy forbids, and the last try, end it as `failed`.
    """
    cost_wei = 0 if mined is None else mined.gas_used * mined.gas_price_wei
    tx_hash = claim.claim_tx if mined is None else mined.tx_hash
    spent = replace(claim, cost_wei=claim.cost_wei + cost_wei, claim_tx=tx_hash)
    if share is not None:
        booked = replace(spent, token=share.token, value=share.value, received=share.received)
        return replace(booked, reason=None, sealed_key=None), "claimed"
    reason = "ClaimEventMissing" if intent.state == "final" else intent.error_kind or intent.state
    is_over = intent.state == "final" or claim.tries >= MOST_TRIES or reason.startswith(_FOR_GOOD)
    return replace(spent, reason=reason), "failed" if is_over else "found"


def book_end(claim: PacketClaim, *, after: str, work: Work, now_ms: int) -> None:
    """Record the end of a claim's payment, as `end_of` found it. Raises Refused (IllegalMove) if it is recorded already."""
    work.claims.move(claim, after=after, now_ms=now_ms)
    if after == "found":
        work.jobs.add([NewJob(JobKind.CHECK_CLAIM, claim.id, claim.tenant_id, now_ms)])
    elif after == "claimed":
        entry = NewEntry("chain", "packet.claimed", claim.id, claim.claim_tx or bytes(32))
        work.treasury.audit.append(entry, now_ms=now_ms)
