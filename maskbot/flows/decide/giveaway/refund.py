"""Give back what nobody won: one payment to the address that was named at opening (reliability.md C.5, R36)."""

from __future__ import annotations

from dataclasses import replace

from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Giveaway, books_of
from maskbot.domain.job import JobKind
from maskbot.domain.transaction import Followup, PaymentOrder
from maskbot.flows.decide.giveaway.announce import announce, public_name
from maskbot.flows.decide.giveaway.payable import check_wallet, load_giveaway
from maskbot.flows.decide.payment import plan_payment
from maskbot.ports.store import Store
from maskbot.wire.transaction import transfer_call

REFUND = "giveaway-refund"
PATIENCE_MS = 7 * 86_400_000
"""How long a beacon may stay silent before a giveaway is given up. Once it has spoken, nobody can take the draw back."""


class NotRefundable(Refused):
    """Somebody has a claim on the money still, or the refund is on its way."""

    kind = "NotRefundable"


def refund_giveaway(giveaway_id: str, *, requested_by: str, store: Store, now_ms: int) -> Giveaway:
    """Plan the refund of what is left, or close the giveaway out when nothing is, or no address was named (it stays in the wallet).

    A refund that failed for good is planned anew when asked again. Asking while one is on its way changes nothing.

    Raises:
        NotRefundable: prizes are owed, the giveaway runs, or its beacon may still speak. Refused (NoSuchRow): no such giveaway.
    """
    with store.write() as work:
        giveaway = load_giveaway(giveaway_id, work=work)
        if giveaway.state == "closed_out":
            return giveaway
        prizes = work.prizes.load(giveaway.id)
        _check(giveaway, has_prizes=bool(prizes), now_ms=now_ms)
        books = books_of(giveaway, prizes)
        if books.owed:
            raise NotRefundable("winners wait for their prizes: pay them first")
        before = work.treasury.intents.load([giveaway.refund_id or ""]).get(giveaway.refund_id or "")
        if before is not None and before.state not in ("reverted", "rejected"):
            return giveaway
        if giveaway.state != "refunding":
            giveaway = work.giveaways.move(giveaway, after="refunding", now_ms=now_ms)
        if books.refundable == 0 or giveaway.refund_to is None:
            return work.giveaways.move(giveaway, after="closed_out", now_ms=now_ms)
        check_wallet(giveaway, work=work)
        retry = f":after:{before.id}" if before is not None else ""
        order = PaymentOrder(
            wallet_id=giveaway.wallet_id,
            purpose=REFUND,
            purpose_id=f"{giveaway.id}{retry}",
            call=transfer_call(giveaway.amount(books.refundable), to=giveaway.refund_to),
            requested_by=requested_by,
            followup=Followup(JobKind.BOOK_GIVEAWAY, giveaway.id),
        )
        intent = plan_payment(order, work=work, now_ms=now_ms)
        refunding = work.giveaways.move(replace(giveaway, refund_id=intent.id), after="refunding", now_ms=now_ms)
        name = public_name(refunding)
        text = f"Giveaway {name}: {refunding.amount(books.refundable)} that nobody won go back to the treasury."
        announce(refunding, step="refund", text=text, work=work, now_ms=now_ms)
    return refunding


def _check(giveaway: Giveaway, *, has_prizes: bool, now_ms: int) -> None:
    if giveaway.state in ("paid", "refunding") or (giveaway.state == "drawn" and not has_prizes):
        return
    if giveaway.state == "closed":
        if giveaway.beacon_value is None and now_ms >= giveaway.rules.draws_at_ms + PATIENCE_MS:
            return
        raise NotRefundable(
            "the giveaway is closed: it is drawn when its beacon has spoken, and given up a week after that"
        )
    raise NotRefundable(f"the giveaway is {giveaway.state}: what is left goes back when the prizes are paid")
