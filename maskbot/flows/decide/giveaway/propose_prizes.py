"""Delivery from a DAO's Safe: the prizes are proposed to its owners, up to 100 in one batch, all or nothing (applets.md 1.1 R4).

A batch is named by its giveaway and by what it pays, so it is proposed once for ever. What is proposed is paid by nothing else
until the chain says that it cannot be executed any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maskbot.domain.giveaway import Giveaway, Prize
from maskbot.domain.job import JobKind
from maskbot.domain.safe import ProposalOrder
from maskbot.domain.transaction import Followup
from maskbot.flows.decide.giveaway.payable import NotPayable, PayOrder, SafePayer, name_of_batch
from maskbot.flows.decide.safe import plan_proposal, safe_call
from maskbot.ports.store import Work
from maskbot.wire.transaction import transfer_call

PRIZES = "giveaway-prizes"
MOST_IN_ONE = 100
"""Prizes of one proposal: about 6 million gas for tokens, which whoever executes it pays."""


def propose_prizes(giveaway: Giveaway, owed: Sequence[Prize], *, order: PayOrder, work: Work, now_ms: int) -> int:
    """Propose the prizes; how many proposals.

    Raises:
        NotPayable: no Safe was named, or it is of another tenant or chain. SpendingRefused: see `plan_proposal`.
    """
    payer = order.safe
    safes = () if payer is None else work.treasury.safes.load([payer.safe_id], tenant_id=giveaway.tenant_id)
    if payer is None or not safes or safes[0].chain_id != giveaway.rules.token.chain_id:
        raise NotPayable(f"name a Safe on chain {giveaway.rules.token.chain_id}; see `maskbot safe list`")
    batches = [owed[at : at + MOST_IN_ONE] for at in range(0, len(owed), MOST_IN_ONE)]
    for batch in batches:
        _propose(giveaway, batch, payer, by=order.requested_by, work=work, now_ms=now_ms)
    return len(batches)


def _propose(
    giveaway: Giveaway, prizes: Sequence[Prize], payer: SafePayer, *, by: str, work: Work, now_ms: int
) -> None:
    calls = [transfer_call(giveaway.amount(prize.base_units), to=prize.address) for prize in prizes]
    call, is_delegate = safe_call(calls, look=payer.look)
    order = ProposalOrder(
        safe_id=payer.safe_id,
        wallet_id=payer.wallet_id,
        purpose=PRIZES,
        purpose_id=f"{giveaway.id}:{name_of_batch(prizes)}",
        call=call,
        is_delegate=is_delegate,
        requested_by=by,
        followup=Followup(JobKind.BOOK_GIVEAWAY, giveaway.id),
    )
    made = plan_proposal(order, look=payer.look, queued_nonce=payer.queued_nonce, work=work, now_ms=now_ms)
    for prize in prizes:
        work.prizes.move(giveaway.id, replace(prize, payment_id=made.id), after="paying")
