"""Open a giveaway: fix its rules for good, book what funds it, publish the rules' hash and the beacon that will decide.

Source: reliability.md C.5, C.6 (1). The randomness is promised before anybody enters, and lies after the closing by a margin.
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.errors import Misconfigured, Refused
from maskbot.domain.giveaway import SAFE_WAITS, Giveaway, Mode, Rules, Waits
from maskbot.domain.job import JobKind, NewJob
from maskbot.domain.money import DEVELOPMENT_CHAIN_IDS, Address
from maskbot.flows.decide.giveaway.announce import Shown, announce, public_name
from maskbot.flows.decide.payment import promised_units
from maskbot.ports.store import Store, Work
from maskbot.wire.post_text import X_LIMITS, fits


class WaitsTooShort(Misconfigured):
    """The waits that are set are shorter than is safe where prizes are worth something, or this beacon speaks within them."""

    kind = "WaitsTooShort"


class TooLittleFunds(Refused):
    """The wallet holds less than its open giveaways and this one promise together."""

    kind = "TooLittleFunds"


@dataclass(frozen=True, slots=True)
class GiveawayOrder:
    """A giveaway to open. `available` is what the paying wallet holds of the token now, in base units; `waits` are those that its
    beacon was chosen by."""

    tenant_id: str
    rules: Rules
    account_ids: tuple[str, ...]
    wallet_id: str
    available: int
    refund_to: Address | None = None
    server_seed: bytes = b""
    waits: Waits = SAFE_WAITS


def open_giveaway(order: GiveawayOrder, *, store: Store, now_ms: int) -> Giveaway:
    """Record, fund and open the giveaway and announce it on all its accounts; it closes by itself.

    Raises:
        TooLittleFunds: the wallet's coins are promised already. Refused: no account, or a window that is over.
        Refused (AlreadyThere): the tenant had a giveaway with this code. WaitsTooShort: see there.
    """
    _check_waits(order.rules, order.waits)
    if not order.account_ids:
        raise Refused("a giveaway runs on one account at least")
    if order.rules.closes_at_ms <= now_ms:
        raise Refused("the window of this giveaway is over: name a later end")
    with store.write() as work:
        work.treasury.wallets.lock(order.wallet_id)  # nobody else promises its coins meanwhile
        _check_boosted(order, work=work)
        promised = promised_units(order.rules.token, wallet_id=order.wallet_id, tenant_id=order.tenant_id, work=work)
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
        _check_text(draft)
        work.giveaways.add(draft, now_ms=now_ms)
        funded = work.giveaways.move(draft, after="funded", now_ms=now_ms)
        opened = work.giveaways.move(funded, after="open", now_ms=now_ms)
        announce(opened, step="open", text=opening_text(opened), work=work, now_ms=now_ms, shown=Shown())
        closing = order.rules.closes_at_ms + order.waits.closing_delay_ms
        work.jobs.add([NewJob(JobKind.CLOSE_GIVEAWAY, opened.id, opened.tenant_id, closing)])
    return opened


def _check_waits(rules: Rules, waits: Waits) -> None:
    if not waits.are_safe and rules.token.chain_id not in DEVELOPMENT_CHAIN_IDS:
        raise WaitsTooShort(
            f"a giveaway on chain {rules.token.chain_id} waits {SAFE_WAITS.closing_delay_ms // 1000} s until it is closed and "
            f"{SAFE_WAITS.beacon_margin_ms // 1000} s for its beacon at least; only a development chain may have less: correct "
            "MASKBOT_GIVEAWAY_CLOSING_DELAY_S and MASKBOT_GIVEAWAY_BEACON_MARGIN_S"
        )
    if rules.beacon and rules.draws_at_ms < rules.closes_at_ms + waits.beacon_margin_ms:
        raise WaitsTooShort("this beacon may speak before the root of the entrants is public: name a later one")


def _check_text(draft: Giveaway) -> None:
    if not fits(opening_text(draft), limits=X_LIMITS):
        raise Refused("the announcement would not fit a post: choose a shorter title, code, entry word or token symbol")


def _check_boosted(order: GiveawayOrder, *, work: Work) -> None:
    """Who enters at any of the accounts must find a post to boost there, or nobody has to."""
    accounts = work.accounts.load(order.account_ids)
    missing = {
        each.profile.instance for each in accounts.values() if order.rules.boosted_on(each.profile.instance) is None
    }
    if order.rules.boosted and missing:
        raise Refused(
            f"name a post to boost on {', '.join(sorted(missing))} too, or the giveaway could not be entered there"
        )


def opening_text(giveaway: Giveaway) -> str:
    """What is published at opening: the prize, how to enter, the hash of the rules, what will decide."""
    rules = giveaway.rules
    how = "drawn" if rules.mode is Mode.DRAWN else "first come, first served"
    lines = [
        f"Giveaway {public_name(giveaway)}: {giveaway.amount(rules.total)} for {len(rules.prizes)}, {how}.",
        f"To enter, mention me: enter 0x… {rules.code} {rules.entry_word}".rstrip(),
        f"Rules sha256 {rules.hash.hex()[:32]}",
    ]
    first = ["follow me"] * rules.follows + ["boost our post"] * bool(rules.boosted)
    if first:
        lines.append(f"First: {', '.join(first)}")
    if rules.beacon:
        kind, number = rules.beacon.split(" ")[0], rules.beacon.split(" ")[-1]
        lines.append(f"Decided by {'drand round' if kind == 'drand' else 'block'} {number}")
    return "\n".join(lines)
