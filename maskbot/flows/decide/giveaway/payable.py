"""What paying, booking and refunding share: the giveaway under its lock, its wallet, what an operator orders."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from maskbot.domain.delivery_plan import Means
from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Giveaway, Prize
from maskbot.domain.hosted_packet import HostedPacket
from maskbot.domain.money import Address
from maskbot.domain.safe import SafeLook
from maskbot.flows.decide.red_packet import PacketMaker
from maskbot.ports.store import Work


class NotPayable(Refused):
    """The giveaway is not drawn, its wallet is not on the chain of its token, or it cannot be paid in this way now."""

    kind = "NotPayable"


@dataclass(frozen=True, slots=True)
class SafePayer:
    """A Safe that is to pay: the wallet that proposes to it, what the chain says of it, and the first nonce that its queue leaves
    free."""

    safe_id: str
    wallet_id: str
    look: SafeLook
    queued_nonce: int = 0


@dataclass(frozen=True, slots=True)
class PacketWay:
    """How a packet of prizes is made: by which hosted persona it is posted, and for how long its shares can be taken."""

    persona_id: str
    sender_name: str
    duration_s: int
    maker: PacketMaker


@dataclass(frozen=True, slots=True)
class PayOrder:
    """Pay a giveaway. `means` None takes the cheapest way that is possible. `disperse` is the contract that the operator trusts on
    the giveaway's chain, None without one. With `safe` the prizes are proposed to its owners, and `means` does not count. `packet`
    is how a red packet would be posted, None if by nobody; `drawn` is set on the way: the packet, before it takes any prize."""

    giveaway_id: str
    requested_by: str
    means: Means | None = None
    disperse: Address | None = None
    safe: SafePayer | None = None
    packet: PacketWay | None = None
    drawn: HostedPacket | None = None


@dataclass(frozen=True, slots=True)
class Payout:
    """What was planned: so many payments for so many prizes; `means` is None when nothing was owed."""

    means: Means | None
    prizes: int
    payments: int


def name_of_batch(prizes: Sequence[Prize]) -> str:
    """A name for ever of what one payment carries: each rank with the payment that failed before."""
    lines = "\n".join(f"{prize.rank} {prize.payment_id or ''}" for prize in prizes)
    return hashlib.sha256(lines.encode("ascii")).hexdigest()[:32]


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
