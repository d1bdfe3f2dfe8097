"""Delivery by a disperse contract: one payment for up to 200 prizes, all or nothing (red-packets.md 9.4, reliability.md C.3).

Coins go with the call. Tokens are taken by the contract within an allowance for exactly what is owed: the allowance is a payment of
its own, and the calls are planned when it is final. A batch is named by its giveaway and by what it pays (each rank with the
payment that failed before), so it is planned once for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maskbot.domain.giveaway import Giveaway, Prize
from maskbot.domain.job import JobKind
from maskbot.domain.money import Address
from maskbot.domain.transaction import ContractCall, Followup, Intent, PaymentOrder
from maskbot.flows.decide.giveaway.payable import NotPayable, PayOrder, name_of_batch
from maskbot.flows.decide.giveaway.plan_delivery import batch_of
from maskbot.flows.decide.payment import plan_payment
from maskbot.ports.store import Work
from maskbot.wire.transaction import approve_call, disperse_call

ALLOWANCE = "giveaway-allowance"
DISPERSE = "giveaway-disperse"


def disperse_prizes(giveaway: Giveaway, owed: Sequence[Prize], *, order: PayOrder, work: Work, now_ms: int) -> int:
    """Plan the calls, or for tokens the allowance before them; how many payments.

    Raises:
        NotPayable: no contract is trusted, or another giveaway has an allowance for the same token under way.
    """
    if order.disperse is None:
        raise NotPayable("the chains file names no disperse contract for this chain")
    if giveaway.rules.token.is_native:
        return _plan_calls(giveaway, owed, contract=order.disperse, by=order.requested_by, work=work, now_ms=now_ms)
    _check_alone(giveaway, work=work)
    total = giveaway.amount(sum(prize.base_units for prize in owed))
    call = approve_call(total, spender=order.disperse)
    _plan(giveaway, owed, call, purpose=ALLOWANCE, by=order.requested_by, work=work, now_ms=now_ms)
    return 1


def disperse_allowed(giveaway: Giveaway, prizes: Sequence[Prize], allowance: Intent, *, work: Work, now_ms: int) -> int:
    """The allowance for these prizes is final: plan the calls that take it; how many."""
    contract = Address(allowance.call.data[16:36])
    return _plan_calls(giveaway, prizes, contract=contract, by=allowance.requested_by, work=work, now_ms=now_ms)


def _plan_calls(
    giveaway: Giveaway, prizes: Sequence[Prize], *, contract: Address, by: str, work: Work, now_ms: int
) -> int:
    token = giveaway.rules.token
    size = max(1, batch_of(token, policy=work.treasury.rules.load_policy(giveaway.wallet_id)))
    batches = [prizes[at : at + size] for at in range(0, len(prizes), size)]
    for batch in batches:
        call = disperse_call(token, [(prize.address, prize.base_units) for prize in batch], contract=contract)
        _plan(giveaway, batch, call, purpose=DISPERSE, by=by, work=work, now_ms=now_ms)
    return len(batches)


def _plan(
    giveaway: Giveaway,
    prizes: Sequence[Prize],
    call: ContractCall,
    *,
    purpose: str,
    by: str,
    work: Work,
    now_ms: int,
) -> None:
    order = PaymentOrder(
        wallet_id=giveaway.wallet_id,
        purpose=purpose,
        purpose_id=f"{giveaway.id}:{name_of_batch(prizes)}",
        call=call,
        requested_by=by,
        followup=Followup(JobKind.BOOK_GIVEAWAY, giveaway.id),
    )
    intent = plan_payment(order, work=work, now_ms=now_ms)
    for prize in prizes:
        work.prizes.move(giveaway.id, replace(prize, payment_id=intent.id), after="paying")


def _check_alone(giveaway: Giveaway, *, work: Work) -> None:
    """An allowance replaces the one before it, so a wallet has one for a token at a time."""
    work.treasury.wallets.lock(giveaway.wallet_id)
    token = giveaway.rules.token
    for other in work.giveaways.of_tenant(giveaway.tenant_id, states={"paying"}):
        if other.wallet_id != giveaway.wallet_id or not other.rules.token.is_same_as(token):
            continue
        ids = {prize.payment_id for prize in work.prizes.load(other.id) if prize.state == "paying"} - {None}
        under_way = work.treasury.intents.load(sorted(id_ for id_ in ids if id_ is not None)).values()
        if any(one.purpose in (ALLOWANCE, DISPERSE) for one in under_way):
            raise NotPayable(
                f"giveaway {other.rules.code} has an allowance for this token under way: wait, or pay by --means transfers"
            )
