"""What a wallet's money is promised to already: prizes of giveaways, and packets that are not created yet."""

from __future__ import annotations

from maskbot.domain.giveaway import GIVEAWAY, Giveaway
from maskbot.domain.hosted_packet import TokenShares
from maskbot.domain.money import Token
from maskbot.ports.store import Work

_PROMISING = frozenset(GIVEAWAY.moves) - GIVEAWAY.final - {GIVEAWAY.first}
_NOT_CREATED = frozenset({"draft", "approving", "creating"})
_HOLDING = frozenset({"created", "published", "refunding"})


def promised_units(token: Token, *, wallet_id: str, tenant_id: str, work: Work) -> int:
    """Base units of the token that the wallet holds for somebody. The wallet is locked, so nobody promises more meanwhile."""
    owed = sum(
        _owed(giveaway, work=work)
        for giveaway in work.giveaways.of_tenant(tenant_id, states=_PROMISING)
        if giveaway.wallet_id == wallet_id and giveaway.rules.token.is_same_as(token)
    )
    waiting = [
        packet.order.contents.total
        for packet in work.packets.of_tenant(tenant_id, states=_NOT_CREATED)
        if packet.order.wallet_id == wallet_id and packet.order.followup is None
        and isinstance(packet.order.contents, TokenShares)
        and packet.order.contents.token.is_same_as(token)
    ]  # fmt: skip
    return owed + sum(waiting)


def _owed(giveaway: Giveaway, *, work: Work) -> int:
    """What a giveaway still has to pay out of the wallet; what lies in its open packets has left it."""
    paid = sum(prize.base_units for prize in work.prizes.load(giveaway.id) if prize.state == "paid")
    return giveaway.funded - giveaway.refunded - paid - _in_packets(giveaway, work=work)


def _in_packets(giveaway: Giveaway, *, work: Work) -> int:
    held = 0
    for packet in work.packets.of_tenant(giveaway.tenant_id, states=_HOLDING):
        followup = packet.order.followup
        if followup is not None and followup.target_id == giveaway.id and packet.total is not None:
            held += packet.total - sum(share.value for share in work.packet_shares.load(packet.id) if share.is_final)
    return held
