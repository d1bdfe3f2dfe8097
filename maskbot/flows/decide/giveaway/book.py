"""Book what became of a giveaway's payments: prizes paid, or owed again; the refund; the end (reliability.md C.5, R36)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maskbot.domain.giveaway import Giveaway, Prize, books_of
from maskbot.domain.job import Job
from maskbot.domain.safe import Proposal
from maskbot.domain.transaction import Intent
from maskbot.flows.decide.giveaway.announce import announce, public_name
from maskbot.flows.decide.giveaway.book_packet import book_packet
from maskbot.flows.decide.giveaway.disperse_prizes import ALLOWANCE, disperse_allowed
from maskbot.flows.decide.giveaway.payable import load_giveaway
from maskbot.flows.decide.payment import final_hash
from maskbot.ports.store import Store, Work


def book_giveaway(giveaway_id: str, *, store: Store, now_ms: int, job: Job | None = None) -> Giveaway:
    """Book what became of the giveaway's payments: paid when final, owed again when they failed for good. Safe to repeat; `job` is
    finished. When every prize is paid the giveaway is; when its refund is final it is closed out.

    Raises: Refused (NoSuchRow): no such giveaway.
    """
    with store.write() as work:
        if job is not None:
            work.jobs.finish([job])
        giveaway = load_giveaway(giveaway_id, work=work)
        if giveaway.state == "paying":
            return _book_prizes(giveaway, work=work, now_ms=now_ms)
        if giveaway.state == "refunding":
            return _book_refund(giveaway, work=work, now_ms=now_ms)
        return giveaway


def _book_prizes(giveaway: Giveaway, *, work: Work, now_ms: int) -> Giveaway:
    carried: dict[str, list[Prize]] = {}
    for prize in work.prizes.load(giveaway.id):
        if prize.state == "paying" and prize.payment_id is not None:
            carried.setdefault(prize.payment_id, []).append(prize)
    for intent in work.treasury.intents.load(list(carried)).values():
        _book_payment(giveaway, carried[intent.id], intent, work=work, now_ms=now_ms)
    for proposal in work.treasury.proposals.load(list(carried)):
        _book_proposal(giveaway, carried[proposal.id], proposal, work=work)
    for packet_id in carried:
        packet = work.packets.load(packet_id)
        if packet is not None:
            all_of_it = [prize for prize in work.prizes.load(giveaway.id) if prize.payment_id == packet_id]
            book_packet(giveaway, all_of_it, packet, work=work, now_ms=now_ms)
    now = work.prizes.load(giveaway.id)
    if any(prize.state in ("owed", "paying") for prize in now):
        return giveaway
    paid = work.giveaways.move(giveaway, after="paid", now_ms=now_ms)
    books, count = books_of(paid, now), sum(prize.state == "paid" for prize in now)
    which = f"all {count}" if count == len(now) else f"{count} of {len(now)}"
    text = f"Giveaway {public_name(paid)}: {which} prizes are paid, {paid.amount(books.paid)} in all."
    announce(paid, step="paid", text=text, work=work, now_ms=now_ms)
    return paid


def _book_payment(giveaway: Giveaway, prizes: Sequence[Prize], intent: Intent, *, work: Work, now_ms: int) -> None:
    """One payment and all prizes that it carries: they share its fate."""
    if intent.state == "final" and intent.purpose == ALLOWANCE:
        disperse_allowed(giveaway, prizes, intent, work=work, now_ms=now_ms)
    elif intent.state == "final":
        tx_hash = final_hash(intent, work=work)
        for prize in prizes:
            work.prizes.move(giveaway.id, replace(prize, tx_hash=tx_hash), after="paid")
    elif intent.state in ("reverted", "rejected"):
        for prize in prizes:
            work.prizes.move(giveaway.id, prize, after="owed")


def _book_proposal(giveaway: Giveaway, prizes: Sequence[Prize], proposal: Proposal, *, work: Work) -> None:
    """One proposal to a Safe and all prizes in it: paid when it was executed, owed again when it never can be."""
    for prize in () if proposal.is_open else prizes:
        if proposal.state == "executed":
            work.prizes.move(giveaway.id, replace(prize, tx_hash=proposal.tx_hash), after="paid")
        else:
            work.prizes.move(giveaway.id, prize, after="owed")


def _book_refund(giveaway: Giveaway, *, work: Work, now_ms: int) -> Giveaway:
    intent = work.treasury.intents.load([giveaway.refund_id or ""]).get(giveaway.refund_id or "")
    if intent is None or intent.state != "final":
        return giveaway
    back = books_of(giveaway, work.prizes.load(giveaway.id)).refundable
    return work.giveaways.move(replace(giveaway, refunded=back), after="closed_out", now_ms=now_ms)
