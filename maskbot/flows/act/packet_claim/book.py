"""Book what a claim's payment brought, from the final transaction's own events, and tell the persona's owner (red-packets.md 3.2).

The outside here is the chain; the notice is sealed for the inbox, from where the webhook takes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from maskbot.domain.errors import Unavailable
from maskbot.domain.job import Job
from maskbot.domain.packet_claim import PacketClaim
from maskbot.domain.states import INTENT
from maskbot.domain.transaction import Intent, MinedAttempt
from maskbot.domain.wallet import Wallet
from maskbot.flows.act.packet_claim.notice import deliver_notice, seal_notice
from maskbot.flows.act.packet_claim.parts import ClaimParts
from maskbot.flows.decide.packet_claim import book_end, end_of
from maskbot.ports.store import Work
from maskbot.wire.red_packet import Share, share_in

log = structlog.get_logger()
_MOST_LOOKS = 10


class ShareNotSeen(Unavailable):
    """The transaction is final, and the nodes do not show its event of this packet."""

    kind = "ShareNotSeen"


@dataclass(frozen=True, slots=True)
class _Ended:
    """A claim whose payment has ended, and what is recorded of that."""

    claim: PacketClaim
    intent: Intent
    wallet: Wallet
    mined: MinedAttempt | None


def book_claim(job: Job, *, parts: ClaimParts) -> None:
    """Book the claim `job.target_id` if its payment has ended. Safe to repeat: a claim is booked once.

    Raises: Unavailable while the final transaction's events are not seen.
    """
    with parts.store.read() as work:
        ended = _ended(job.target_id, work=work)
    if ended is None:
        _finish_unless_ended(job, parts=parts)
        return
    share = _share_of(ended, parts=parts, is_last_look=job.tries >= _MOST_LOOKS)
    parts.reach("claim.booking")
    booked, after = end_of(ended.claim, ended.intent, share=share, mined=ended.mined)
    now_ms = parts.clock.now_ms()
    notice = None if after == "found" else seal_notice(booked, after, parts=parts, now_ms=now_ms)
    with parts.store.write() as work:
        claim = work.claims.load(job.target_id, is_locked=True)
        if claim is not None and (claim.state, claim.payment_id) == ("claiming", booked.payment_id):
            book_end(booked, after=after, work=work, now_ms=now_ms)
            if notice is not None:
                deliver_notice(notice, work=work, now_ms=now_ms)
        work.jobs.finish([job])
        parts.reach("claim.in_booking")
    parts.reach("claim.booked")
    log.info("claim.booked", claim_id=booked.id, state=after, reason=booked.reason)


def _finish_unless_ended(job: Job, *, parts: ClaimParts) -> None:
    """The wallet's lock keeps a payment that ends just now from being overlooked."""
    with parts.store.write() as work:
        claim = work.claims.load(job.target_id)
        if claim is not None and claim.wallet_id:
            work.treasury.wallets.lock(claim.wallet_id)
        if _ended(job.target_id, work=work) is None:
            work.jobs.finish([job])
        else:
            work.jobs.postpone(job, due_at_ms=parts.clock.now_ms(), error_kind="EndedMeanwhile")


def _ended(claim_id: str, *, work: Work) -> _Ended | None:
    claim = work.claims.load(claim_id)
    if claim is None or claim.state != "claiming" or claim.payment_id is None:
        return None
    intent = work.treasury.intents.load([claim.payment_id])[claim.payment_id]
    if intent.state not in INTENT.final:
        return None
    attempts = work.treasury.attempts.of([intent.id]).get(intent.id, ())
    mined = work.treasury.inclusions.canonical([attempt.tx_hash for attempt in attempts])
    (wallet,) = work.treasury.wallets.load([claim.wallet_id])
    return _Ended(claim, intent, wallet, next(iter(mined.values()), None))


def _share_of(ended: _Ended, *, parts: ClaimParts, is_last_look: bool) -> Share | None:
    claim = ended.claim
    if ended.intent.state != "final":
        return None
    contract = parts.contracts.find(chain_id=claim.chain_id, version=claim.version)
    node = parts.chain_of(claim.chain_id)
    inclusion = None if ended.mined is None else node.fetch_inclusion(ended.mined.tx_hash)
    if inclusion is not None and inclusion.receipt.has_succeeded:
        recipient = claim.recipient or ended.wallet.address
        share = share_in(inclusion.receipt.logs, contract=contract, packet_id=claim.packet_id, recipient=recipient)
        if share is not None:
            return share
    if is_last_look:
        return None
    raise ShareNotSeen("the nodes do not show the final claim's event")
