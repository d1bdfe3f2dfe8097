"""Delivery by plain transfers: one payment for each prize, named by giveaway and rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maskbot.domain.giveaway import Giveaway, Prize
from maskbot.domain.job import JobKind
from maskbot.domain.transaction import Followup, PaymentOrder
from maskbot.flows.decide.giveaway.payable import PayOrder
from maskbot.flows.decide.payment import plan_payment
from maskbot.ports.store import Work
from maskbot.wire.transaction import transfer_call

PRIZE = "giveaway-prize"


def transfer_prizes(giveaway: Giveaway, owed: Sequence[Prize], *, order: PayOrder, work: Work, now_ms: int) -> int:
    """Plan a payment for every prize; how many."""
    for prize in owed:
        intent = plan_payment(_order(giveaway, prize, order.requested_by), work=work, now_ms=now_ms)
        work.prizes.move(giveaway.id, replace(prize, payment_id=intent.id), after="paying")
    return len(owed)


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
