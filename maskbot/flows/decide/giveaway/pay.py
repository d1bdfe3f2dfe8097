"""Pay the prizes, each by one payment that is its own for ever, and book what became of them (reliability.md C.3, C.5, R36).

A payment is named by giveaway and rank, so paying again pays nobody twice. One that failed for good makes its prize owed again;
paying then plans a new payment, named after the failed one, and the policy asks for its approval anew.
"""

from __future__ import annotations

from dataclasses import replace

from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Giveaway, Prize, books_of
from maskbot.domain.job import Job, JobKind
from maskbot.domain.transaction import Followup, Intent, PaymentOrder
from maskbot.flows.decide.giveaway.announce import announce, public_name
from maskbot.flows.decide.payment import plan_payment
from maskbot.ports.store import Store, Work
from maskbot.wire.transaction import transfer_call

PRIZE = "giveaway-prize"


class NotPayable(Refused):
    """The giveaway is not drawn, or its wallet is not on the chain of its token."""

    kind = "NotPayable"


def pay_giveaway(giveaway_id: str, *, requested_by: str, store: Store, now_ms: int) -> int:
    """Plan a payment for every prize that is owed; how many. The payments go their own way (policy, approval, chain) by jobs.

    Raises:
        NotPayable: see there. Refused (NoSuchRow): no such giveaway.
    """
    with store.write() as work:
        giveaway = load_giveaway(giveaway_id, work=work)
        if giveaway.state not in ("drawn", "paying"):
            raise NotPayable(f"the giveaway is {giveaway.state}: prizes are paid when it is drawn")
        owed = [prize for prize in work.prizes.load(giveaway.id) if prize.state == "owed"]
        if not owed and giveaway.state == "drawn":
            raise NotPayable("nobody won anything: refund the giveaway")
        check_wallet(giveaway, work=work)
        if giveaway.state == "drawn":
            giveaway = work.giveaways.move(giveaway, after="paying", now_ms=now_ms)
        for prize in owed:
            intent = plan_payment(_order(giveaway, prize, requested_by), work=work, now_ms=now_ms)
            work.prizes.move(giveaway.id, replace(prize, payment_id=intent.id), after="paying")
    return len(owed)


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


def load_giveaway(giveaway_id: str, *, work: Work) -> Giveaway:
    """The giveaway, locked. Raises Refused (NoSuchRow)."""
    giveaway = work.giveaways.load(giveaway_id, is_locked=True)
    if giveaway is None:
        raise Refused(f"no giveaway {giveaway_id}", kind="NoSuchRow")
    return giveaway


def check_wallet(giveaway: Giveaway, *, work: Work) -> None:
    """Raises NotPayable unless the wallet is there, of the same tenant, and on the token's chain."""
    wallets = work.treasury.wallets.load([giveaway.wallet_id], tenant_id=giveaway.tenant_id)
    if not wallets or wallets[0].chain_id != giveaway.rules.token.chain_id:
        raise NotPayable(f"the wallet of this giveaway is not one on chain {giveaway.rules.token.chain_id}")


def _order(giveaway: Giveaway, prize: Prize, requested_by: str) -> PaymentOrder:
    retry = f":after:{prize.payment_id}" if prize.payment_id is not None else ""
    return PaymentOrder(
        wallet_id=giveaway.wallet_id,
        purpose=PRIZE,
        purpose_id=f"{giveaway.id}:{prize.rank}{retry}",
        call=transfer_call(giveaway.amount(prize.base_units), to=prize.address),
        requested_by=requested_by,
        followup=Followup(JobKind.BOOK_GIVEAWAY, giveaway.id),
    )


def _book_prizes(giveaway: Giveaway, *, work: Work, now_ms: int) -> Giveaway:
    prizes = [prize for prize in work.prizes.load(giveaway.id) if prize.state == "paying"]
    intents = work.treasury.intents.load([prize.payment_id for prize in prizes if prize.payment_id is not None])
    for prize in prizes:
        intent = intents.get(prize.payment_id or "")
        if intent is not None and intent.state == "final":
            work.prizes.move(giveaway.id, replace(prize, tx_hash=final_hash(intent, work=work)), after="paid")
        elif intent is not None and intent.state in ("reverted", "rejected"):
            work.prizes.move(giveaway.id, prize, after="owed")
    now = work.prizes.load(giveaway.id)
    if any(prize.state != "paid" for prize in now):
        return giveaway
    paid = work.giveaways.move(giveaway, after="paid", now_ms=now_ms)
    books = books_of(paid, now)
    name = public_name(paid)
    text = f"Giveaway {name}: all {len(now)} prizes are paid, {paid.amount(books.paid)} in all."
    announce(paid, step="paid", text=text, work=work, now_ms=now_ms)
    return paid


def _book_refund(giveaway: Giveaway, *, work: Work, now_ms: int) -> Giveaway:
    intent = work.treasury.intents.load([giveaway.refund_id or ""]).get(giveaway.refund_id or "")
    if intent is None or intent.state != "final":
        return giveaway
    back = books_of(giveaway, work.prizes.load(giveaway.id)).refundable
    return work.giveaways.move(replace(giveaway, refunded=back), after="closed_out", now_ms=now_ms)


def final_hash(intent: Intent, *, work: Work) -> bytes | None:
    """The transaction that made the payment, by which everybody can check it."""
    attempts = work.treasury.attempts.of([intent.id]).get(intent.id, ())
    mined = work.treasury.inclusions.canonical([attempt.tx_hash for attempt in attempts])
    return next((each.tx_hash for each in mined.values() if each.has_succeeded), None)
