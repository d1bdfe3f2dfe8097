"""Delivery by a red packet that only the winners can open: one share each, taken by themselves (red-packets.md 3.1, 9.4).

The packet is drawn, with its sealed key, before the transaction that takes the prizes, and is one for ever for what it pays: each
rank with the payment that failed before. Which winner took which share is told by the address; see `book_packet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maskbot.domain.giveaway import Giveaway, Prize
from maskbot.domain.hosted_packet import LONGEST_NAME, PacketOrder, Publication, TokenShares
from maskbot.domain.job import JobKind
from maskbot.domain.transaction import Followup
from maskbot.flows.decide.giveaway.announce import public_name
from maskbot.flows.decide.giveaway.payable import NotPayable, PayOrder, name_of_batch
from maskbot.flows.decide.giveaway.winner_keys import winner_keys
from maskbot.flows.decide.red_packet import record_packet
from maskbot.ports.store import Work

_SPANS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def packet_order(giveaway: Giveaway, owed: Sequence[Prize], *, order: PayOrder, work: Work) -> PacketOrder:
    """The order of a packet for these prizes. Raises NotPayable, PacketRefused."""
    way = order.packet
    if way is None:
        raise NotPayable("name the persona that posts the packet")
    keys = winner_keys(giveaway, owed, work=work)
    if len(keys) < len(owed):
        raise NotPayable(f"{len(owed) - len(keys)} of the winners have no key it could be encrypted to")
    name = public_name(giveaway)
    words = (
        f"You won in giveaway {name}. Your prize is in this red packet: {giveaway.amount(owed[0].base_units)}. "
        f"Take it with the Mask extension within {_span(way.duration_s)}; what is left then goes back."
    )
    return PacketOrder(
        key=f"giveaway:{giveaway.id}:{name_of_batch(owed)}",
        tenant_id=giveaway.tenant_id,
        wallet_id=giveaway.wallet_id,
        contents=TokenShares(giveaway.rules.token, total=sum(prize.base_units for prize in owed), shares=len(owed)),
        duration_s=way.duration_s,
        message=f"Giveaway {name}",
        sender_name=way.sender_name[:LONGEST_NAME],
        requested_by=order.requested_by,
        publication=Publication(way.persona_id, giveaway.account_ids, tuple(dict.fromkeys(keys.values())), words),
        followup=Followup(JobKind.BOOK_GIVEAWAY, giveaway.id),
        needs_whole_total=True,
    )


def packet_prizes(giveaway: Giveaway, owed: Sequence[Prize], *, order: PayOrder, work: Work, now_ms: int) -> int:
    """Record the packet that was drawn for these prizes.

    Raises:
        NotPayable: none was drawn, or winners' keys or prizes have changed meanwhile.
    """
    if order.drawn is None or order.drawn.order != packet_order(giveaway, owed, order=order, work=work):
        raise NotPayable("prizes or keys of winners have changed meanwhile: pay again")
    packet = record_packet(order.drawn, work=work, now_ms=now_ms)
    for prize in owed:
        work.prizes.move(giveaway.id, replace(prize, payment_id=packet.id), after="paying")
    return 1


def _span(seconds: int) -> str:
    """So long, in the largest unit that says it exactly."""
    size, unit = next(each for each in _SPANS if seconds % each[0] == 0)
    count = seconds // size
    return f"{count} {unit}" if count == 1 else f"{count:,} {unit}s"
