"""Open a giveaway: fix its rules for good, book what funds it, publish the rules' hash and the beacon that will decide.

Source: reliability.md C.5, C.6 (1). The randomness is promised before anybody enters, and lies after the closing by a margin.
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Giveaway, Mode, Rules
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.money import Address
from maskbot.flows.decide.giveaway.announce import Shown, announce, public_name
from maskbot.ports.store import Store, Work

CLOSING_DELAY_MS = 150_000
"""How long after its end a giveaway is closed: posts written in time may arrive so late (`LATENESS_MS` and a poll)."""

BEACON_MARGIN_MS = 900_000
"""How long after the end the beacon speaks at the earliest: the root has to be published before."""


class TooLittleFunds(Refused):
    """The wallet holds less than its open giveaways and this one promise together."""

    kind = "TooLittleFunds"


@dataclass(frozen=True, slots=True)
class GiveawayOrder:
    """A giveaway to open. `available` is what the paying wallet holds of the token now, in base units."""

    tenant_id: str
    rules: Rules
    account_ids: tuple[str, ...]
    wallet_id: str
    available: int
    refund_to: Address | None = None
    server_seed: bytes = b""


def open_giveaway(order: GiveawayOrder, *, store: Store, now_ms: int) -> Giveaway:
    """Record, fund and open the giveaway and announce it on all its accounts; it closes by itself.

    Raises:
        TooLittleFunds: the wallet's coins are promised already. Refused: no account, or a window that is over.
        Refused (AlreadyThere): the tenant had a giveaway with this code.
    """
    if not order.account_ids:
        raise Refused("a giveaway runs on one account at least")
    if order.rules.closes_at_ms <= now_ms:
        raise Refused("the window of this giveaway is over: name a later end")
    with store.write() as work:
        work.treasury.wallets.lock(order.wallet_id)  # nobody else promises its coins meanwhile
        promised = _promised(order, work=work)
        if order.available < promised + order.rules.total:
            raise TooLittleFunds(
                f"the prizes are {order.rules.total} base units of {order.rules.token.symbol}, and the wallet has "
                f"{max(0, order.available - promised)} that are not promised yet: fund it, or lower the prizes"
            )
        draft = Giveaway(
            id=order.rules.giveaway_id,
            tenant_id=order.tenant_id,
            rules=order.rules,
            state="draft",
            account_ids=tuple(dict.fromkeys(order.account_ids)),
            wallet_id=order.wallet_id,
            refund_to=order.refund_to,
            funded=order.rules.total,
            server_seed=order.server_seed,
        )
        work.giveaways.add(draft, now_ms=now_ms)
        funded = work.giveaways.move(draft, after="funded", now_ms=now_ms)
        opened = work.giveaways.move(funded, after="open", now_ms=now_ms)
        announce(opened, step="open", text=opening_text(opened), work=work, now_ms=now_ms, shown=Shown())
        closing = order.rules.closes_at_ms + CLOSING_DELAY_MS
        work.jobs.add([NewJob(JobKind.CLOSE_GIVEAWAY, opened.id, opened.tenant_id, closing)])
    return opened


def opening_text(giveaway: Giveaway) -> str:
    """What is published at opening: the prize, how to enter, the hash of the rules, what will decide."""
    rules = giveaway.rules
    how = "drawn" if rules.mode is Mode.DRAWN else "first come, first served"
    lines = [
        f"Giveaway {public_name(giveaway)}: {giveaway.amount(rules.total)} for {len(rules.prizes)}, {how}.",
        f"To enter, mention me: enter 0x… {rules.code} {rules.entry_word}".rstrip(),
        f"Rules sha256 {rules.hash.hex()[:32]}",
    ]
    if rules.beacon:
        kind, number = rules.beacon.split(" ")[0], rules.beacon.split(" ")[-1]
        lines.append(f"Decided by {'drand round' if kind == 'drand' else 'block'} {number}")
    return "\n".join(lines)


def _promised(order: GiveawayOrder, *, work: Work) -> int:
    """What the wallet's other giveaways still owe in this token."""
    total = 0
    for other in work.giveaways.of_tenant(order.tenant_id):
        is_same = other.wallet_id == order.wallet_id and other.rules.token.is_same_as(order.rules.token)
        if not is_same or other.state in ("draft", "closed_out", "cancelled"):
            continue
        paid = sum(prize.base_units for prize in work.prizes.load(other.id) if prize.state == "paid")
        total += other.funded - other.refunded - paid
    return total
