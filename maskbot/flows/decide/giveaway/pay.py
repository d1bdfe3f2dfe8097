"""Pay the prizes of a giveaway, by the means that is asked for or the cheapest possible one (reliability.md C.3, R36).

Each prize that is owed gets into exactly one payment, in the transaction that finds it owed; paying again pays nobody twice. A
payment that failed for good makes its prizes owed again; paying then plans a new one, named after the failed one, and the policy
asks for its approval anew. `book` records what became of the payments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from maskbot.domain.delivery_plan import Means
from maskbot.domain.giveaway import Giveaway, Prize
from maskbot.flows.decide.giveaway.disperse_prizes import disperse_prizes
from maskbot.flows.decide.giveaway.packet_prizes import packet_order, packet_prizes
from maskbot.flows.decide.giveaway.payable import NotPayable, PayOrder, Payout, check_wallet, load_giveaway
from maskbot.flows.decide.giveaway.plan_delivery import plan_delivery
from maskbot.flows.decide.giveaway.propose_prizes import propose_prizes
from maskbot.flows.decide.giveaway.transfer_prizes import transfer_prizes
from maskbot.flows.decide.giveaway.winner_keys import winner_keys
from maskbot.flows.decide.red_packet import draw_packet
from maskbot.ports.store import Store, Work


class Deliver(Protocol):
    """Plans payments for all these prizes, and moves each to `paying`; how many payments."""

    def __call__(
        self, giveaway: Giveaway, owed: Sequence[Prize], *, order: PayOrder, work: Work, now_ms: int
    ) -> int: ...


_DELIVER: Mapping[Means, Deliver] = {
    Means.TRANSFERS: transfer_prizes,
    Means.DISPERSE: disperse_prizes,
    Means.SAFE: propose_prizes,
    Means.PACKET: packet_prizes,
}
"""How each means is done. What is not here has an obstacle in `plan_delivery`."""


def pay_giveaway(order: PayOrder, *, store: Store, now_ms: int) -> Payout:
    """Plan payments for every prize that is owed. They go their own way (policy, approval, chain) by jobs.

    Raises:
        NotPayable: see there; with a means that is not possible here, the reason. Refused (NoSuchRow): no such giveaway.
    """
    order = _with_packet(order, store=store, now_ms=now_ms)
    with store.write() as work:
        giveaway = load_giveaway(order.giveaway_id, work=work)
        if giveaway.state not in ("drawn", "paying"):
            raise NotPayable(f"the giveaway is {giveaway.state}: prizes are paid when it is drawn")
        owed = owed_of(giveaway, work=work)
        if not owed and giveaway.state == "drawn":
            raise NotPayable("nobody won anything: refund the giveaway")
        check_wallet(giveaway, work=work)
        if not owed:
            return Payout(None, 0, 0)
        means = _means(giveaway, owed, order=order, work=work)
        if giveaway.state == "drawn":
            giveaway = work.giveaways.move(giveaway, after="paying", now_ms=now_ms)
        payments = _DELIVER[means](giveaway, owed, order=order, work=work, now_ms=now_ms)
    return Payout(means, len(owed), payments)


def owed_of(giveaway: Giveaway, *, work: Work) -> tuple[Prize, ...]:
    """The prizes that no payment carries, by rank."""
    return tuple(prize for prize in work.prizes.load(giveaway.id) if prize.state == "owed")


def personas_of(giveaway: Giveaway, owed: Sequence[Prize], *, work: Work) -> int:
    """How many of the winners have a key that a red packet can be encrypted to."""
    return len(winner_keys(giveaway, owed, work=work))


def _with_packet(order: PayOrder, *, store: Store, now_ms: int) -> PayOrder:
    """The order with a packet drawn for it, where one is to deliver: the vault seals its key while no transaction is open."""
    if order.packet is None:
        return order
    with store.read() as work:
        giveaway = work.giveaways.load(order.giveaway_id)
        owed = () if giveaway is None else owed_of(giveaway, work=work)
        if giveaway is None or not owed or _means(giveaway, owed, order=order, work=work) is not Means.PACKET:
            return order
        wanted = packet_order(giveaway, owed, order=order, work=work)
    return replace(order, drawn=draw_packet(wanted, maker=order.packet.maker, now_ms=now_ms))


def _means(giveaway: Giveaway, owed: Sequence[Prize], *, order: PayOrder, work: Work) -> Means:
    if order.safe is not None or order.means is Means.SAFE:
        return Means.SAFE
    plan = plan_delivery(
        giveaway.rules.token,
        prizes=[prize.base_units for prize in owed],
        personas=personas_of(giveaway, owed, work=work),
        wallet_id=giveaway.wallet_id,
        disperse=order.disperse,
        packet=order.packet,
        work=work,
    )
    if order.means is None:
        return plan.chosen.means
    obstacle = plan.route_of(order.means).obstacle
    if obstacle is not None:
        raise NotPayable(f"{order.means.value} is not possible here: {obstacle}")
    return order.means
